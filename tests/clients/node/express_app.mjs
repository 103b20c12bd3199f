// An application on express-openid-connect, as its manual shows it. The test names the
// port beforehand, because the provider has to know the addresses. One order, "serve",
// then the application answers until the input ends.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import express from "express";
import openid from "express-openid-connect";

// Node.js 18, which Debian 12 has, keeps it in the module only.
globalThis.crypto ??= webcrypto;

// The store that the library asks for, as those of express-session are.
class Memory {
  held = new Map();

  get(id, done) {
    done(null, this.held.get(id));
  }

  set(id, session, done) {
    this.held.set(id, session);
    done(null);
  }

  destroy(id, done) {
    this.held.delete(id);
    done(null);
  }
}

function serve({ issuer, id, secret, port, passphrase }) {
  const app = express();
  app.use(
    openid.auth({
      issuerBaseURL: issuer,
      baseURL: `http://127.0.0.1:${port}`,
      clientID: id,
      clientSecret: secret,
      secret: passphrase,
      idpLogout: true,
      authorizationParams: { response_type: "code", scope: "openid profile" },
      session: { store: new Memory() },
      backchannelLogout: true,
    }),
  );
  app.get("/", (request, response) => response.json(request.oidc.idTokenClaims));
  return new Promise((done) => {
    const server = app.listen(port, "127.0.0.1", () => done(server));
  });
}

let server;
for await (const line of createInterface({ input: process.stdin })) {
  server = await serve(JSON.parse(line));
  process.stdout.write("{}\n");
}
server?.close();
server?.closeAllConnections();
