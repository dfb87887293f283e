// SPDX-License-Identifier: Apache-2.0
// express guarded by express-oauth2-jwt-bearer: PORT JWKS_URI ISSUER AUDIENCE
'use strict';
const express = require('express');
const { auth } = require('express-oauth2-jwt-bearer');

const [port, jwksUri, issuer, audience] = process.argv.slice(2);
const app = express();

app.disable('x-powered-by');
app.use('/guarded', auth({ jwksUri, issuer, audience, tokenSigningAlg: 'RS256' }));
app.get(['/plain', '/guarded'], (request, response) => response.type('text').send('ok\n'));
app.use((error, request, response, next) => {
    response.set(error.headers || {}).status(error.status || 500).send('denied\n');
});
app.listen(Number(port), '127.0.0.1');
