// An application on openid-client, told what to do by the lines of its input:
// {"order": "begin", ...} and so on. Answers each with one line of JSON. All checks
// of the library stay on; only plain http is allowed, because the test is loopback.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import * as client from "openid-client";

// Node.js 18, which Debian 12 has, keeps it in the module only.
globalThis.crypto ??= webcrypto;

const METHODS = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
  private_key_jwt: () => client.PrivateKeyJwt(key),
};
const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
};

let config;
let key;
let pending;
let tokens;

// What the test wants to see of a token answer.
function seen() {
  return { answer: tokens, claims: tokens.claims() ?? null };
}

const ORDERS = {
  async hold({ jwk, alg }) {
    const held = await crypto.subtle.importKey("jwk", jwk, ALGORITHMS[alg], false, ["sign"]);
    key = { key: held, kid: jwk.kid };
    return {};
  },

  async discover({ issuer, id, secret, method }) {
    config = await client.discovery(
      new URL(issuer),
      id,
      undefined,
      METHODS[method](secret),
      { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
    );
    return { metadata: config.serverMetadata() };
  },

  // RFC 7591, with an initial access token.
  async register({ issuer, metadata, token }) {
    config = await client.dynamicClientRegistration(
      new URL(issuer),
      metadata,
      client.ClientSecretPost(),
      {
        initialAccessToken: token,
        execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
      },
    );
    return { metadata: config.clientMetadata() };
  },

  async begin({ parameters, signed, pushed }) {
    pending = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    if (parameters.max_age) pending.maxAge = Number(parameters.max_age);
    let wanted = {
      ...parameters,
      state: pending.expectedState,
      nonce: pending.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pending.pkceCodeVerifier),
      code_challenge_method: "S256",
    };
    let url = client.buildAuthorizationUrl(config, wanted);
    if (signed) {
      url = await client.buildAuthorizationUrlWithJAR(config, wanted, key);
      wanted = url.searchParams;
    }
    if (pushed) url = await client.buildAuthorizationUrlWithPAR(config, wanted);
    return { url: url.href };
  },

  async finish({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), pending);
    return seen();
  },

  async userinfo() {
    const { sub } = tokens.claims();
    return client.fetchUserInfo(config, tokens.access_token, sub);
  },

  async refresh({ parameters }) {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token, parameters);
    return seen();
  },

  async introspect() {
    return client.tokenIntrospection(config, tokens.access_token);
  },

  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token);
    return {};
  },

  async sign_out({ parameters }) {
    const hint = { id_token_hint: tokens.id_token, ...parameters };
    return { url: client.buildEndSessionUrl(config, hint).href };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { order, ...facts } = JSON.parse(line);
  let answer;
  try {
    answer = await ORDERS[order](facts);
  } catch (error) {
    const reason = error.cause?.message ?? error.message;
    answer = { refused: { code: error.code, oauth: error.error, reason } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
