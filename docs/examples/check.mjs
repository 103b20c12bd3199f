// Lets in whose access token proves a second factor of the last five minutes.
import { createRemoteJWKSet, jwtVerify } from "jose";
import { readFileSync } from "node:fs";

const [issuer, audience] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const fresh = 300;

async function check(token) {
  let claims;
  try {
    const rules = { issuer, audience, typ: "at+jwt", algorithms: ["ES256"], clockTolerance: 60 };
    claims = (await jwtVerify(token, keys, rules)).payload;
  } catch {
    return [401, 'Bearer error="invalid_token"'];
  }
  if (claims.acr !== "mfa" || Date.now() / 1000 - (claims.auth_time ?? 0) > fresh) {
    const error = 'error="insufficient_user_authentication"';
    return [401, `Bearer ${error}, acr_values="mfa", max_age="${fresh}"`];
  }
  return [200, claims.sub];
}

console.log(...(await check(readFileSync(0, "utf8").trim())));
