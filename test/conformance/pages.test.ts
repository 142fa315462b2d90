import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ours, type TestAnswer, testApp, theirs } from '../support/app.ts'
import { nothingBroke } from './rows.ts'
import { next, owned, type Sample, seed } from './samples.ts'
import { actions, assertError, clean, native, query, type Wire, withQuery } from './wires.ts'

const app = await testApp()
after(() => app.close())

const rowsOfOurs = 23
const parents = new Map<string, string>()
const uuids = new Map<string, string[]>()

/** The row above, for a list that lies below one. */
async function parentOf(sample: Sample, tenant: typeof ours | typeof theirs): Promise<string | undefined> {
  if (!sample.parent) return undefined
  const { name } = sample.parent
  const above = owned.find((candidate) => candidate.name === name)
  return above && seed(app, above, tenant)
}

// 23 rows of ours and 5 of the other tenant, all with the same value in the column that lists are ordered by.
before(async () => {
  for (const sample of [...owned].sort((a, b) => Number(a.name === 'voicemails') - Number(b.name === 'voicemails'))) {
    const [parent, foreign] = [await parentOf(sample, ours), await parentOf(sample, theirs)]
    if (parent !== undefined) parents.set(sample.name, parent)
    if (sample.name === 'voicemails')
      await app.sql('delete from v_voicemails where voicemail_uuid <> $1', [parents.get('voicemails/messages')])
    const same = { [sample.sort]: sample.row(next())[sample.sort] }
    const made: string[] = sample.name === 'voicemails' ? [parents.get('voicemails/messages') ?? ''] : []
    const above = sample.parent === undefined ? {} : { [sample.parent.key]: parent }
    while (made.length < rowsOfOurs) made.push(await seed(app, sample, ours, { ...same, ...above }))
    for (let n = 0; n < 5; n += 1)
      await seed(app, sample, theirs, {
        ...same,
        ...(sample.parent ? { [sample.parent.key]: n === 0 ? parent : foreign } : {}),
      })
    uuids.set(sample.name, made.sort())
  }
})

const page = (wire: Wire, sample: Sample, words: Record<string, string | number> = {}): Promise<TestAnswer> =>
  app.call('GET', withQuery(wire.path('list', sample.name, parents.get(sample.name)), query(words)))

const keysOf = (wire: Wire, sample: Sample, answer: TestAnswer): string[] =>
  wire.rows(answer).map((row) => row[sample.key])

for (const sample of owned)
  for (const wire of [clean, actions]) {
    const about = `${wire.name} ${sample.name}`
    const ids = wire.ids({ clean: 'S004-PAGE, S002-ISO', actions: 'S002-PAGE-PARAMS, S002-PAGE-META, S002-ISO' })

    test(`${ids}a page of ${about} counts from 1, has 50 rows unless told and at most 100, and says the total`, async () => {
      const expected: [words: Record<string, string | number>, page: number, perPage: number, pages: number][] = [
        [{}, 1, 50, 1],
        [{ per_page: 10 }, 1, 10, 3],
        [{ page: 2, per_page: 10 }, 2, 10, 3],
        [{ page: 3, per_page: 10 }, 3, 10, 3],
        [{ page: 4, per_page: 10 }, 4, 10, 3],
        [{ page: 0, per_page: 10 }, 1, 10, 3],
        [{ page: -3, per_page: 10 }, 1, 10, 3],
        [{ page: 999_999_999, per_page: 10 }, 999_999_999, 10, 3],
        [{ per_page: 0 }, 1, 1, 23],
        [{ per_page: -1 }, 1, 1, 23],
        [{ per_page: 23 }, 1, 23, 1],
        [{ per_page: 100 }, 1, 100, 1],
        [{ per_page: 101 }, 1, 100, 1],
        [{ per_page: 5000, page: 0 }, 1, 100, 1],
        [{ page: '', per_page: '' }, 1, 50, 1],
      ]
      for (const [words, number, perPage, pages] of expected) {
        const answer = await page(wire, sample, words)
        assert.equal(answer.status, 200, answer.text)
        assert.deepEqual(Object.keys(answer.json), ['success', 'data', 'pagination'])
        assert.deepEqual(answer.json.pagination, {
          page: number,
          per_page: perPage,
          total: rowsOfOurs,
          total_pages: pages,
        })
        const rows = Math.max(0, Math.min(perPage, rowsOfOurs - (number - 1) * perPage))
        assert.equal(answer.json.data.length, rows, JSON.stringify(words))
      }
    })

    test(`${ids}a page of ${about} that is no number is refused by name`, async () => {
      for (const wrong of ['abc', '1.5', '1e3', '0x10', 'NaN', ' ', '99999999999999999999', "1'"])
        for (const field of ['page', 'per_page'])
          assertError(wire, await page(wire, sample, { [field]: wrong }), 400, 'VALIDATION_ERROR', field)
      const path = withQuery(wire.path('list', sample.name, parents.get(sample.name)), 'page=1&page=2')
      assertError(wire, await app.call('GET', path), 400, 'VALIDATION_ERROR', 'page')
    })

    test(`${ids}pages of ${about} with equal sort values hold every row once and none of another tenant`, async () => {
      for (const perPage of [1, 7, 22]) {
        const seen: string[] = []
        for (let number = 1; number <= Math.ceil(rowsOfOurs / perPage); number += 1)
          seen.push(...keysOf(wire, sample, await page(wire, sample, { page: number, per_page: perPage })))
        assert.deepEqual([...seen].sort(), uuids.get(sample.name), `${perPage} rows on a page`)
      }
    })
  }

/** Walks a native list to its end; `between` runs after every page. */
async function walk(sample: Sample, words: Record<string, string | number>, between = async (_seen: string[]) => {}) {
  const seen: string[] = []
  for (let cursor: string | null | undefined, pages = 0; cursor !== null; pages += 1) {
    assert.ok(pages < 200, 'the list ends')
    const answer = await page(native, sample, { ...words, ...(cursor === undefined ? {} : { cursor }) })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(Object.keys(answer.json), ['data', 'next_cursor'])
    seen.push(...keysOf(native, sample, answer))
    cursor = answer.json.next_cursor
    await between(seen)
  }
  return seen
}

for (const sample of owned) {
  test(`S002-ISO: native ${sample.name} are walked by cursor, every row once, whatever the page size`, async () => {
    for (const limit of [1, 5, 22, 23, 24, 100])
      assert.deepEqual((await walk(sample, { limit })).sort(), uuids.get(sample.name), `limit ${limit}`)
    for (const sort of [sample.sort, `-${sample.sort}`]) {
      if (sample.name === 'pin-numbers' && sort.endsWith('pin_number')) continue
      assert.deepEqual((await walk(sample, { limit: 4, sort })).sort(), uuids.get(sample.name), sort)
    }
  })

  test(`native ${sample.name} refuse limits, sorts and cursors that make no sense`, async () => {
    for (const limit of ['0', '101', '-1', 'abc', '1.5', '', '99999999999'])
      assertError(native, await page(native, sample, { limit }), 400, 'VALIDATION_ERROR', 'limit')
    for (const sort of ['unknown', 'domain_uuid', 'password', '', '-', `${sample.sort},x`, '__proto__', "x'"])
      assertError(native, await page(native, sample, { sort }), 400, 'VALIDATION_ERROR', 'sort')
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { json } = await page(native, sample, { limit: 1 })
    const elsewhere = await app.call('GET', '/api/v2/domains?limit=1', undefined, { 'x-domain': undefined })
    const cursors = ['x', '', '%00', forged([]), forged(['', '[]']), forged([`${sample.name} `, '["a","b","c"]'])]
    for (const cursor of [...cursors, forged([`${sample.name} `, `["1","not-a-uuid"]`]), elsewhere.json.next_cursor])
      assertError(native, await page(native, sample, { cursor }), 400, 'VALIDATION_ERROR')
    // A cursor is of one order.
    const { next_cursor } = json
    assertError(
      native,
      await page(native, sample, { cursor: next_cursor, sort: `-${sample.sort}` }),
      400,
      'VALIDATION_ERROR',
      'cursor',
    )
    for (const name of ['page', 'per_page', 'domain_uuid', 'filter'])
      assertError(native, await page(native, sample, { [name]: '1' }), 400, 'VALIDATION_ERROR', name)
  })

  test(`S002-ISO: a cursor of native ${sample.name} shows the tenant who presents it his own rows only`, async () => {
    const { json } = await page(native, sample, { limit: 3 })
    const path = withQuery(
      native.path('list', sample.name, parents.get(sample.name)),
      query({ limit: 100, cursor: json.next_cursor }),
    )
    const answer = await app.call('GET', path, undefined, { 'x-domain': theirs.name })
    if (sample.parent) return assertError(native, answer, 404, 'NOT_FOUND')
    assert.equal(answer.status, 200)
    const own = new Set(uuids.get(sample.name))
    for (const row of answer.json.data) assert.ok(!own.has(row[sample.key]))
    return undefined
  })
}

test('every row that is there from first page to last is seen once by a cursor, while others come and go', async () => {
  for (const sample of owned) {
    const above = sample.parent === undefined ? {} : { [sample.parent.key]: parents.get(sample.name) }
    const initial = new Set(uuids.get(sample.name))
    const removed = new Set<string>()
    const added: string[] = []
    let turn = 0
    const seen = await walk(sample, { limit: 3 }, async (sofar) => {
      turn += 1
      // One that was seen, one that was not, and new ones with smaller and larger values.
      const unseen = [...initial].filter((uuid) => !sofar.includes(uuid) && !removed.has(uuid))
      for (const uuid of [sofar[turn], unseen[turn]])
        if (uuid !== undefined && turn % 2 === 0 && uuid !== parents.get('voicemails/messages')) {
          await app.sql(`delete from ${sample.table} where ${sample.key} = $1`, [uuid])
          removed.add(uuid)
        }
      const low = sample.sort === 'created_epoch' ? 1 : '!'
      const high = sample.sort === 'created_epoch' ? 1_900_000_000 : '~~~'
      if (turn < 20)
        for (const value of [low, high, sample.row(next())[sample.sort]])
          added.push(await seed(app, sample, ours, { [sample.sort]: value, ...above }))
      await seed(app, sample, theirs, above)
    })
    const survivors = [...initial].filter((uuid) => !removed.has(uuid))
    for (const uuid of survivors) assert.equal(seen.filter((one) => one === uuid).length, 1, `${sample.name} ${uuid}`)
    assert.equal(new Set(seen).size, seen.length, 'no row is seen twice')
    assert.ok(
      seen.every((uuid) => initial.has(uuid) || added.includes(uuid)),
      'no row of another tenant',
    )
    assert.ok(removed.size > 3 && added.length > 10)
  }
})

test('native lists are walked in full by any column, NULLs and all', async () => {
  const sample = owned[0]
  assert.equal(sample?.name, 'extensions')
  await app.sql('delete from v_extensions')
  const all: string[] = []
  for (let n = 0; n < 21; n += 1) {
    const nothing = n % 3 === 0
    all.push(
      await seed(app, sample, ours, {
        extension: nothing ? null : ['ä', 'Z', 'a', '1', '_', '"x"', '\\'][n % 7],
        call_timeout: nothing ? null : n % 4,
        max_registrations: nothing ? null : String(n % 4),
        enabled: nothing ? null : String(n % 2 === 0),
        follow_me_uuid: nothing ? null : '550e8400-e29b-41d4-a716-446655440000',
      }),
    )
    await seed(app, sample, theirs)
  }
  for (const sort of ['extension', 'call_timeout', 'max_registrations', 'enabled', 'follow_me_uuid', 'description'])
    for (const direction of ['', '-']) {
      const seen = await walk(sample, { limit: 4, sort: `${direction}${sort}` })
      assert.deepEqual([...seen].sort(), [...all].sort(), `${direction}${sort}`)
    }
})

test('S002-ISO: filters narrow a list to what was asked for, in every dialect and never beyond the tenant', async () => {
  const sample = owned[0]
  assert.equal(sample?.name, 'extensions')
  await app.sql('delete from v_extensions')
  const [on, off, unset] = [
    await seed(app, sample, ours, { extension: '801', enabled: 'true' }),
    await seed(app, sample, ours, { extension: '802', enabled: 'false' }),
    await seed(app, sample, ours, { extension: '803', enabled: null }),
  ]
  for (const extension of ['801', '802', '804']) await seed(app, sample, theirs, { extension })
  const cases: [words: Record<string, string>, expected: (string | undefined)[]][] = [
    [{ extension: '801' }, [on]],
    [{ extension: '804' }, []],
    [{ enabled: 'true' }, [on]],
    [{ enabled: 'false' }, [off, unset]],
    [{ extension: '802', enabled: 'true' }, []],
  ]
  for (const wire of [clean, actions, native])
    for (const [words, expected] of cases) {
      const answer = await page(wire, sample, words)
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(keysOf(wire, sample, answer), expected, `${wire.name} ${JSON.stringify(words)}`)
      if (wire.name !== 'native') assert.equal(answer.json.pagination.total, expected.length)
    }
})

nothingBroke(app, 'pages')
