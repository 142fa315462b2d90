import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fitsSocket, urlAt, withDatabase } from '../../../src/adapters/embedded/address.ts'
import { parsePidFile } from '../../../src/adapters/embedded/pid-file.ts'

describe('a pid file', () => {
  test('names process, port and socket folder', () => {
    const text = '6016\n/srv/data\n1795225943\n5432\n/srv\n\n  2146369        12\nready   \n'
    assert.deepEqual(parsePidFile(text), { pid: 6016, port: 5432, socketFolder: '/srv', ready: true })
  })

  test('of a server that listens on TCP names no socket folder', () => {
    const text = '12\nC:/data\n1795225943\n50123\n\n127.0.0.1\n\nstarting\n'
    assert.deepEqual(parsePidFile(text), { pid: 12, port: 50123, socketFolder: '', ready: false })
  })

  test('that is empty or damaged counts as absent', () => {
    for (const text of ['', '\n', 'x\n', '-5\n']) assert.equal(parsePidFile(text), undefined)
  })
})

describe('a connection string', () => {
  test('of a socket spells out port and encryption, so that no variable of ours leads elsewhere', () => {
    assert.equal(
      urlAt({ host: '/srv/a b', port: 5432 }, 'x?y'),
      'postgresql://fusionpbx@/x%3Fy?host=%2Fsrv%2Fa%20b&port=5432&sslmode=disable',
    )
  })

  test('of TCP carries the password', () => {
    const url = urlAt({ host: '127.0.0.1', port: 50123, password: 'a/b' }, 'fusionpbx')
    assert.equal(url, 'postgresql://fusionpbx:a%2Fb@127.0.0.1:50123/fusionpbx?sslmode=disable')
    assert.equal(withDatabase(url, 'other'), 'postgresql://fusionpbx:a%2Fb@127.0.0.1:50123/other?sslmode=disable')
  })

  test('of a socket leads to another database too', () => {
    const url = urlAt({ host: '/srv', port: 5432 }, 'fusionpbx')
    assert.equal(withDatabase(url, 'other'), 'postgresql://fusionpbx@/other?host=%2Fsrv&port=5432&sslmode=disable')
  })

  test('counts bytes, not letters, against the limit of a socket path', () => {
    assert.ok(fitsSocket(`/${'x'.repeat(80)}`))
    assert.ok(!fitsSocket(`/${'é'.repeat(50)}`))
  })
})
