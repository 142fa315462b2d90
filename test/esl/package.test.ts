import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Peer, wellSwitch } from './support/peer.ts'

const root = process.cwd()

/** A program of somebody else's: it knows the package's name and nothing of this repository. */
const program = `
import { command, dialVariables, EslClient, EslError, type EslEvent, quoted, rest, sendEvent } from 'tandem/esl'

const client = new EslClient({ host: '127.0.0.1', port: Number(process.env.PORT), password: 'ClueCon' }).start()
const stop: () => void = client.onEvent((event: EslEvent) => console.log(event.name, event.get('Unique-ID')))
await client.ready(2000)
const text: string = await client.api(command('uuid_setvar', 'x', 'name', rest(dialVariables({ a: 'b' }))))
await client.send(sendEvent('CUSTOM', { 'Event-Subclass': 'a::b' }))
// @ts-expect-error a finished command is not made by hand
client.api({ line: 'status' }).catch((error: Error) => console.log(error.name))
// @ts-expect-error neither is free text
const wrong = (): unknown => command('x', { text: 'a' })
await client.close()
stop()
const failure: unknown = await client.api(command('status', quoted('x'))).catch((error: unknown) => error)
if (failure instanceof EslError) console.log(failure.code)
console.log(text, wrong.length)
`

describe('tandem/esl as another package sees it', () => {
  let folder = ''

  before(() => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build.js', '--libraries'], { cwd: root })
    assert.equal(status, 0, String(stderr))
    folder = mkdtempSync(join(tmpdir(), 'tandem-esl-'))
    const installed = join(folder, 'node_modules', 'tandem')
    mkdirSync(installed, { recursive: true })
    for (const path of ['package.json', 'dist/esl.js', 'dist/types'])
      cpSync(join(root, path), join(installed, path), { recursive: true })
    symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'))
    symlinkSync(join(root, 'node_modules', 'undici-types'), join(folder, 'node_modules', 'undici-types'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}')
    writeFileSync(join(folder, 'program.ts'), program)
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
      rootDir: '.',
      outDir: 'out',
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  test('its types hold in a strict program that knows only the package', () => {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { cwd: folder })
    assert.equal(status, 0, String(stdout))
  })

  test('the compiled program runs, with nothing else installed', async () => {
    await using peer = await Peer.start(wellSwitch())
    const { spawn } = await import('node:child_process')
    const child = spawn(process.execPath, ['out/program.js'], {
      cwd: folder,
      env: { ...process.env, PORT: String(peer.port), NODE_PATH: '' },
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    assert.equal(code, 0, said)
    assert.deepEqual(said.trim().split('\n'), ['CommandError', 'CLOSED', 'api uuid_setvar x name {^^;a=b} 0'])
  })

  test('it imports nothing but Node', () => {
    const bundle = readFileSync(join(root, 'dist/esl.js'), 'utf8')
    const imported = [...bundle.matchAll(/^import .* from "([^"]+)"/gm)].map(([, name]) => name)
    assert.ok(imported.length > 0)
    assert.deepEqual(
      imported.filter((name) => !name?.startsWith('node:')),
      [],
    )
    for (const file of readdirSync(join(root, 'src/esl')))
      for (const [, name] of readFileSync(join(root, 'src/esl', file), 'utf8').matchAll(/ from '([^']+)'/g))
        assert.match(name ?? '', /^(\.\/[\w-]+\.ts|node:\w+)$/, file)
  })
})
