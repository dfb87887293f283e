// SPDX-License-Identifier: Apache-2.0
// fastify guarded by @fastify/jwt: PORT PEM-FILE ISSUER AUDIENCE cache|nocache
'use strict';
const fs = require('fs');
const app = require('fastify')({ logger: false });

const [port, pem, issuer, audience, cache] = process.argv.slice(2);

app.register(require('@fastify/jwt'), {
    secret: { public: fs.readFileSync(pem) },
    verify: { algorithms: ['RS256'], allowedIss: issuer, allowedAud: audience, cache: cache === 'cache' },
});
// With a promise instead of a callback the plugin makes a new verifier, and cache, for each request.
const guard = (request, reply, done) => {
    request.jwtVerify((error) => {
        if (error) {
            reply.code(401).header('www-authenticate', 'Bearer').send('denied\n');
        } else {
            done();
        }
    });
};
app.get('/plain', async () => 'ok\n');
app.get('/guarded', { onRequest: guard }, async () => 'ok\n');
app.listen({ port: Number(port), host: '127.0.0.1' });
