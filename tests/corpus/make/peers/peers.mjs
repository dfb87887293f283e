// SPDX-License-Identifier: Apache-2.0
// What Node's middlewares answer. node peers.mjs MODULES NAME PORT SECRET
import { createRequire } from 'node:module'

const [modules, name, port, secret] = process.argv.slice(2)
const require = createRequire(`${modules}/x.js`)
const orders = { orders: [{ id: 17, total: 1250 }] }

function express () {
  const app = require('express')()
  if (name.startsWith('bare')) app.disable('x-powered-by')
  return app
}

const servers = {
  // express-jwt with Express' own error page
  'express-jwt' () {
    const { expressjwt } = require('express-jwt')
    const app = express()
    app.use('/strict', expressjwt({ secret, algorithms: ['HS256'], audience: 'https://api.example.com',
      issuer: 'https://login.example.com/' }), (req, res) => res.json(orders))
    app.use(expressjwt({ secret, algorithms: ['HS256'] }), (req, res) => res.json(orders))
    return app
  },
  // and with the handler its README shows
  'express-jwt-json' () {
    const { expressjwt } = require('express-jwt')
    const app = express()
    app.use(expressjwt({ secret, algorithms: ['HS256'] }), (req, res) => res.json(orders))
    app.use((error, req, res, next) => {
      res.status(error.status || 500).json({ code: error.code, message: error.message })
    })
    return app
  },
  jsonwebtoken () {
    const jwt = require('jsonwebtoken')
    const app = express()
    const options = { '/aged': { maxAge: '1h' }, '/aud': { audience: 'orders-api' },
      '/iss': { issuer: 'https://id.example.com' }, '/rs': { algorithms: ['RS256'] } }
    app.use((req, res) => {
      const token = (req.get('Authorization') || '').split(' ')[1]
      try {
        jwt.verify(token, secret, options[req.path] || {})
        res.json(orders)
      } catch (error) {
        res.status(401).json({ name: error.name, message: error.message })
      }
    })
    return app
  },
  'oauth2-bearer' () {
    const { auth, requiredScopes } = require('express-oauth2-jwt-bearer')
    const app = express()
    app.use(auth({ issuer: 'https://login.example.com/', secret, tokenSigningAlg: 'HS256',
      audience: 'https://api.example.com', strict: true }))
    app.post('/orders', requiredScopes('orders:write'), (req, res) => res.json(orders))
    app.use((req, res) => res.json(orders))
    app.use((error, req, res, next) => {
      res.set(error.headers || {}).status(error.status || 500).json({ error: error.code, message: error.message })
    })
    return app
  },
  passport () {
    const passport = require('passport')
    const { BasicStrategy, DigestStrategy } = require('passport-http')
    const Bearer = require('passport-http-bearer').Strategy
    const { Strategy: Jwt, ExtractJwt } = require('passport-jwt')
    passport.use(new BasicStrategy((user, password, done) => {
      done(null, user === 'joe' && password === 'right' && { user })
    }))
    passport.use(new DigestStrategy({ qop: 'auth' }, (user, done) => done(null, user === 'joe' && { user }, 'right')))
    passport.use(new Bearer((token, done) => done(null, token === 'good' && { token })))
    passport.use(new Jwt({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret },
      (claims, done) => done(null, claims)))
    const app = express()
    for (const kind of ['basic', 'digest', 'bearer', 'jwt']) {
      app.use('/' + kind, passport.authenticate(kind, { session: false }), (req, res) => res.json(orders))
    }
    return app
  },
  session () {
    const app = express()
    app.use(require('express-session')({ secret, resave: false, saveUninitialized: true, name: 'connect.sid' }))
    app.use((req, res) => req.session.user ? res.json(orders) : res.status(401).json({ error: 'Please log in' }))
    return app
  },
  'basic-express' () {
    const app = express()
    app.use((req, res) => {
      const got = Buffer.from((req.get('Authorization') || '').split(' ')[1] || '', 'base64').toString()
      if (got === 'joe:right') return res.json(orders)
      res.set('WWW-Authenticate', 'Basic realm="orders"').status(401).json({ error: 'Unauthorized' })
    })
    return app
  }
}

async function fastify () {
  const app = require('fastify')()
  app.register(require('@fastify/jwt'), { secret, verify: { allowedIss: 'https://login.example.com/' } })
  app.addHook('onRequest', request => request.jwtVerify())
  app.all('/*', async () => orders)
  await app.listen({ port: Number(port), host: '127.0.0.1' })
}

function koa () {
  const Koa = require('koa')
  const app = new Koa()
  app.silent = true
  if (name === 'koa-debug') app.use(require('koa-jwt')({ secret, debug: true }))
  else app.use(require('koa-jwt')({ secret }))
  app.use(context => { context.body = orders })
  return app
}

if (name === 'fastify') await fastify()
else if (name.startsWith('koa')) koa().listen(Number(port), '127.0.0.1')
else servers[name]().listen(Number(port), '127.0.0.1')
