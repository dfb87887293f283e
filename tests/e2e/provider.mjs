// SPDX-License-Identifier: Apache-2.0
// npm's oidc-provider as a foreign issuer: JWT access tokens for one API, by client_credentials.
//
//   node provider.mjs FOLDER ALG     FOLDER holds node_modules
//
// Prints its port once it listens. POST /rotate publishes a new key beside the old one and signs with it.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, alg] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const AUDIENCE = 'https://api.test';
const keys = [];
let answer;

function makeKey() {
    const { privateKey } = alg === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid: `${alg}-${keys.length + 1}`, alg, use: 'sig' });
}

function provide(issuer) {
    const provider = new Provider(issuer, {
        clients: [{
            client_id: 'robot', client_secret: 'a-secret-for-a-test', redirect_uris: [], response_types: [],
            grant_types: ['client_credentials'], id_token_signed_response_alg: alg,
        }],
        jwks: { keys },
        scopes: ['read', 'write'],
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: () => ({
                    scope: 'read write', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 600,
                    jwt: { sign: { alg, kid: keys[0].kid } },
                }),
            },
        },
    });
    answer = provider.callback();
}

makeKey();
const server = createServer((request, response) => {
    if (request.url !== '/rotate') {
        return answer(request, response);
    }
    makeKey();
    provide(server.issuer);
    return response.end(keys[0].kid);
});
server.listen(0, '127.0.0.1', () => {
    server.issuer = `http://127.0.0.1:${server.address().port}`;
    provide(server.issuer);
    console.log(`port=${server.address().port}`);
});
