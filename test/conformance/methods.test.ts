import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { nothingBroke, snapshot } from './rows.ts'
import { samples, seed } from './samples.ts'
import { assertError, type Verb, type Wire, wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const some = '550e8400-e29b-41d4-a716-446655440000'

/** The methods that a path has, from the verbs that lie on it. */
const methodsOn = (wire: Wire, path: string, verbs: readonly Verb[], resource: string): string[] =>
  verbs
    .filter((verb) => wire.path(verb, resource, verb === 'list' || verb === 'create' ? undefined : some) === path)
    .flatMap((verb) => (wire.methods[verb] === 'GET' ? ['GET', 'HEAD'] : [wire.methods[verb]]))

const allowed = (header: string | undefined): string[] => (header ?? '').split(/, ?/).sort()

for (const sample of samples.filter((candidate) => candidate.parent === undefined))
  for (const wire of wires) {
    const { name, verbs } = sample
    const paths = [
      ...new Set(verbs.map((verb) => wire.path(verb, name, verb === 'list' || verb === 'create' ? undefined : some))),
    ]

    test(`${wire.ids({
      clean: 'S004-ERR-METHOD_NOT_ALLOWED',
      actions: 'S002-METHODS, S002-HTTP-405, S002-ERR-METHOD',
    })}a method that a path of ${wire.name} ${name} does not have is refused, with those it has in Allow`, async () => {
      const table = await snapshot(app, [sample.table])
      for (const path of paths) {
        const there = methodsOn(wire, path, verbs, name)
        for (const method of allMethods.filter((candidate) => !there.includes(candidate))) {
          const answer = await app.call(method, path, method === 'GET' || method === 'DELETE' ? undefined : {})
          assertError(wire, answer, 405, 'METHOD_NOT_ALLOWED')
          assert.deepEqual(allowed(answer.headers.allow), [...there, 'OPTIONS'].sort(), `${method} ${path}`)
        }
        for (const method of ['PROPFIND', 'TRACE', 'LOCK']) {
          const answer = await app.call(method, path)
          assert.equal(answer.status, 405, `${method} ${path} ${answer.text}`)
        }
      }
      assert.equal(await snapshot(app, [sample.table]), table)
    })

    test(`HEAD of ${wire.name} ${name} answers as GET does, without the body`, async () => {
      const uuid = name === 'domains' ? ours.uuid : await seed(app, sample, ours)
      if (name !== 'domains') await seed(app, sample, theirs)
      for (const verb of ['list', 'get'] as const) {
        if (!verbs.includes(verb)) continue
        const path = wire.path(verb, name, verb === 'list' ? undefined : uuid)
        const get = await app.call('GET', path)
        const head = await app.call('HEAD', path)
        assert.equal(get.status, 200)
        assert.equal(head.status, 200)
        assert.equal(head.text, '')
        for (const header of ['content-type', 'etag', 'cache-control', 'content-length'])
          assert.equal(head.headers[header], get.headers[header], header)
        const nothing = await app.call('HEAD', wire.path(verb, name, some).replace(/(\/v\d\/[^/.?]+)/, '$1x'))
        assert.equal(nothing.status, 404)
        assert.equal(nothing.text, '')
      }
    })

    test(`OPTIONS of ${wire.name} ${name} names methods and answers nothing else`, async () => {
      for (const path of paths) {
        const answer = await app.call('OPTIONS', path)
        assert.equal(answer.status, 204)
        assert.equal(answer.text, '')
        const named = allowed(answer.headers.allow)
        for (const method of methodsOn(wire, path, verbs, name)) assert.ok(named.includes(method), method)
        assert.equal(answer.headers['access-control-allow-origin'], undefined)
      }
    })
  }

nothingBroke(app, 'methods')
