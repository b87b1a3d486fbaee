// A small OpenID provider for the tests: says the address of its issuer, then answers each line of JSON with a line.

import { createHmac, createPublicKey } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SignJWT, importJWK } from 'jose';
import { OAuth2Server } from 'oauth2-mock-server';

const HOST = '127.0.0.1';
let server;
let port = 0;
let generation = 0;
let asked = 0;
let keyOf;
let strange;

/** Starts with new keys, at the same address as before. */
async function start() {
  generation += 1;
  server = new OAuth2Server();
  const { keys } = server.issuer;
  for (const alg of ['RS256', 'ES256']) await keys.generate(alg, { kid: `${alg}-${generation}` });
  const all = keys.toJSON(true);
  keyOf = (alg) => all.find((key) => key.alg === alg);
  const published = keys.toJSON.bind(keys);
  keys.toJSON = () => {
    asked += 1;
    return published();
  };
  await server.start(port, HOST);
  port = server.address().port;
  server.issuer.url = issuer();
}

const issuer = () => `http://${HOST}:${port}`;

/** A token with these claims; those in `seconds` are so many seconds from now. */
async function sign({ key, alg = 'RS256', typ = 'JWT', claims = {}, seconds = {} }) {
  const own = key ?? keyOf(alg);
  const token = new SignJWT({ iss: issuer(), ...filled(claims, { exp: 3600, ...seconds }) });
  return token.setProtectedHeader({ alg, typ, kid: own.kid }).sign(await importJWK(own, alg));
}

function filled(claims, seconds) {
  const now = Math.floor(Date.now() / 1000);
  const instants = Object.entries(seconds).map(([name, from]) => [name, now + from]);
  return { ...claims, ...Object.fromEntries(instants) };
}

/** A token that is signed with the provider's public key as if it were a secret; or not at all. */
function forge({ alg, claims, seconds = {} }) {
  const { kid, kty, n, e } = keyOf('RS256');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = { iss: issuer(), ...filled(claims, { exp: 3600, ...seconds }) };
  const text = `${part({ alg, typ: 'JWT', kid })}.${part(now)}`;
  if (alg === 'none') return `${text}.c2lnbmVk`;
  const secret = createPublicKey({ key: { kty, n, e }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A token of somebody who says to be the same issuer and has another key, with the id `kid`. */
async function stranger({ kid, ...rest }) {
  strange ??= await new OAuth2Server().issuer.keys.generate('RS256');
  return sign({ ...rest, key: { ...strange, kid } });
}

const commands = {
  sign,
  forge,
  stranger,
  stop: () => server.stop(),
  start,
  asked: () => asked,
};

await start();
console.log(JSON.stringify(issuer()));
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...told } = JSON.parse(line);
  console.log(JSON.stringify((await commands[command](told)) ?? null));
}
process.exit();
