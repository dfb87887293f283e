// SPDX-License-Identifier: Apache-2.0
// npm's dpop and oauth4webapi as clients of an API behind Doorward.
//
//   node dpop.mjs FOLDER API TOKENS     FOLDER holds node_modules, TOKENS?jkt=... gives out a token
//
// Prints a line of JSON for each thing looked at: {"name", "got", "want"}.
import { webcrypto } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, api, tokens] = process.argv.slice(2);
globalThis.crypto ??= webcrypto; // before its version 20, node has it under this name only
globalThis.CryptoKey ??= webcrypto.CryptoKey;

async function load(name) {
    return import(pathToFileURL(`${folder}/node_modules/${name}/build/index.js`));
}

const dpop = await load('dpop');
const oauth = await load('oauth4webapi');
const insecure = { [oauth.allowInsecureRequests]: true }; // http, to this machine
const client = { client_id: 'c' };

function same(name, got, want) {
    console.log(JSON.stringify({ name, got, want }));
}

async function tokenFor(keys, more = '') {
    const jkt = keys === null ? '' : await dpop.calculateThumbprint(keys.publicKey);
    return (await fetch(`${tokens}?jkt=${jkt}${more}`)).text();
}

// The status, and each challenge as scheme and error.
async function judged(promise) {
    try {
        const response = await promise;
        return [response.status];
    } catch (error) {
        if (!(error instanceof oauth.WWWAuthenticateChallengeError)) {
            return [String(error)];
        }
        return [error.status, ...error.cause.map(({ scheme, parameters }) => [scheme, parameters.error])];
    }
}

async function challengesOf(path, token) {
    try {
        await oauth.protectedResourceRequest(token, 'GET', new URL(path, api), undefined, undefined, insecure);
        return [];
    } catch (error) {
        return error.cause;
    }
}

// What a client finds by starting from nothing but the API's address (RFC 9728 s5).
async function discover() {
    const [challenge] = await challengesOf('/dpop/x', 'nothing');
    const place = challenge.parameters.resource_metadata;
    same('the challenge leads to the metadata', place, `${api}/.well-known/oauth-protected-resource`);
    const url = new URL(api);
    const response = await oauth.resourceDiscoveryRequest(url, insecure);
    same('which is where it is looked for', response.url, place);
    const resource = await oauth.processResourceDiscoveryResponse(url, response);
    same('it is this API', [resource.resource, resource.resource_name], [`${api}/`, 'A test']);
    const issuer = new URL(resource.authorization_servers[0]);
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    same('and that is its issuer', server.issuer, resource.authorization_servers[0]);
    same('whose keys are found', typeof server.jwks_uri, 'string');
}

// Node's fetch says of itself that it is a page's script, and those are told of nothing that opens a dialog.
async function readChallenges() {
    const every = await challengesOf('/all/x', 'no.such.token');
    same('every challenge is read', every.map(({ scheme }) => scheme),
        ['bearer', 'dpop', 'api-key', 'cookie', 'clientcertificate']);
    same('each with its realm', every.map(({ parameters }) => parameters.realm), Array(5).fill('api.test'));
    const [{ parameters }] = await challengesOf('/bearer/x', await tokenFor(null, '&exp=1'));
    same('an expired token', [parameters.error, parameters.error_description],
        ['invalid_token', 'The token has expired.']);
    const [scope] = await challengesOf('/admin/x', await tokenFor(null));
    same('a scope that is missing', [scope.parameters.error, scope.parameters.scope], ['insufficient_scope', 'admin']);
}

async function call(handle, token, method, path, body) {
    const headers = body === undefined ? undefined : new Headers({ 'Content-Type': 'text/plain' });
    return oauth.protectedResourceRequest(token, method, new URL(path, api), headers, body,
        { DPoP: handle, ...insecure });
}

async function useNonces() {
    const keys = await oauth.generateKeyPair('ES256');
    const token = await tokenFor(keys);
    const handle = oauth.DPoP(client, keys);
    let error;
    await call(handle, token, 'GET', '/dpop/x').catch((thrown) => { error = thrown; });
    same('without a nonce', [error?.status, oauth.isDPoPNonceError(error)], [401, true]);
    same('it is given one, and comes back', await judged(call(handle, token, 'GET', '/dpop/x')), [200]);
    same('a query is no part of it', await judged(call(handle, token, 'GET', '/dpop/x?a=b&c')), [200]);
    same('a path with a space', await judged(call(handle, token, 'GET', '/dpop/a b/%7Ex')), [200]);
    const response = await call(handle, token, 'POST', '/dpop/x', 'some text');
    same('POST', [response.status, (await response.json()).size], [200, 9]);
    same('its token without a proof', await judged(call(undefined, token, 'GET', '/bearer/x')),
        [401, ['bearer', 'invalid_token']]);
    const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    await judged(call(other, token, 'GET', '/dpop/x'));
    same('with another key', await judged(call(other, token, 'GET', '/dpop/x')), [401, ['dpop', 'invalid_token']]);
    same('where a scope is missing', await judged(call(handle, token, 'GET', '/admin/x')),
        [403, ['dpop', 'insufficient_scope']]);
}

async function send(keys, token, proof, method = 'GET') {
    const response = await fetch(`${api}/dpop/x`, { method, headers: { Authorization: `DPoP ${token}`, DPoP: proof } });
    const { error = null } = response.ok ? {} : await response.json();
    return { status: response.status, error, nonce: response.headers.get('DPoP-Nonce') };
}

async function prove(alg) {
    const keys = await dpop.generateKeyPair(alg);
    const token = await tokenFor(keys);
    const make = (nonce, method = 'GET') => dpop.generateProof(keys, `${api}/dpop/x`, method, nonce, token);
    const first = await send(keys, token, await make(undefined));
    same(`${alg}: without a nonce`, [first.status, first.error], [401, 'use_dpop_nonce']);
    const proof = await make(first.nonce);
    same(`${alg}: with it`, (await send(keys, token, proof)).status, 200);
    const again = await send(keys, token, proof);
    same(`${alg}: the same proof again`, [again.status, again.error], [401, 'invalid_dpop_proof']);
    same(`${alg}: a new one`, (await send(keys, token, await make(first.nonce))).status, 200);
    const method = await send(keys, token, await make(first.nonce, 'PUT'));
    same(`${alg}: one for another method`, [method.status, method.error], [401, 'invalid_dpop_proof']);
    const invented = await send(keys, token, await make('invented'));
    same(`${alg}: a nonce of nobody's`, [invented.status, invented.error], [401, 'use_dpop_nonce']);
}

await discover();
await readChallenges();
await useNonces();
for (const alg of ['ES256', 'Ed25519', 'RS256', 'PS256']) {
    await prove(alg);
}
