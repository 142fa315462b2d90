import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Binaries, binariesIn } from './binaries.ts'

/** The user a program runs as. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** How PostgreSQL's programs are run so that they do not refuse to work for root. */
export interface Runner {
  kind: 'directly' | 'in a user namespace' | 'as another user, keeping file access' | 'as another user'
  /** Program and arguments put in front of the server's own. */
  prefix: readonly string[]
  /** Credentials the process is started with, and the owner its files must have; absent: our own. */
  account?: Account
  /** Whether `spawn` drops to the account; otherwise the prefix does. */
  drops: boolean
}

/** A runner that works here, and the programs it can read. */
export interface Choice {
  runner: Runner
  binaries: Binaries
}

/** Credentials for `spawn`. */
export function credentials(runner: Runner): { uid?: number; gid?: number } {
  return runner.drops && runner.account ? { uid: runner.account.uid, gid: runner.account.gid } : {}
}

/** Splits a command into what `spawn` takes, the runner's prefix in front. */
export function command(runner: Runner, program: string, args: readonly string[]): [string, string[]] {
  const [first, ...rest] = [...runner.prefix, program, ...args] as [string, ...string[]]
  return [first, rest]
}

/** The system user that stands in for root: `postgres` where it exists, else `nobody`. */
export function standInAccount(passwd = '/etc/passwd'): Account {
  const lines = existsSync(passwd) ? readFileSync(passwd, 'utf8').split('\n') : []
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) }
  }
  return { name: 'nobody', uid: 65534, gid: 65534 }
}

/** Ways to run as root, the best first. */
export function rootRunners(account: Account): readonly Runner[] {
  const { uid, gid } = account
  return [
    // Inside a user namespace of its own the effective user is not 0, while files stay root's and no user is needed.
    { kind: 'in a user namespace', prefix: ['unshare', '-U'], drops: false },
    // Containers often forbid user namespaces. The capability lets the other user enter a folder below a 0700 home.
    {
      kind: 'as another user, keeping file access',
      prefix: [
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        '--inh-caps=+dac_override',
        '--ambient-caps=+dac_override',
      ],
      account,
      drops: false,
    },
    { kind: 'as another user', prefix: [], account, drops: true },
  ]
}

const direct: Runner = { kind: 'directly', prefix: [], drops: false }

/** Exit code of a probe that could not even enter the folder. */
const noEntry = 3

/** Whether the runner can enter the folder and execute the server: undefined when it can, else what went wrong. */
function obstacle(runner: Runner, binaries: Binaries, folder: string): { text: string; entered: boolean } | undefined {
  const script = `cd "$1" || exit ${noEntry}; exec "$2" --version`
  const [program, args] = command(runner, 'sh', ['-c', script, 'sh', folder, binaries.postgres])
  const result = spawnSync(program, args, { encoding: 'utf8', cwd: '/', timeout: 10_000, ...credentials(runner) })
  if (result.status === 0) return undefined
  const text = (result.error?.message ?? result.stderr).trim() || `ended with ${result.status ?? result.signal}`
  return { text, entered: result.status !== noEntry }
}

/**
 * Picks the way to run PostgreSQL's programs for data in `folder`. `candidates` are the ways tried for root. Files that
 * belong to another user stay his: root then runs the server as that user.
 */
export function chooseRunner(binaries: Binaries, folder: string, candidates?: readonly Runner[]): Choice {
  if (process.platform === 'win32') return { runner: direct, binaries }
  if (process.getuid?.() !== 0) return firstThatWorks([direct], binaries, folder)
  const owner = statSync(join(folder, 'data'), { throwIfNoEntry: false }) ?? statSync(folder)
  if (owner.uid === 0) return firstThatWorks(candidates ?? rootRunners(standInAccount()), binaries, folder)
  const account = { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  const asOwner = (candidates ?? rootRunners(account)).filter((runner) => runner.account?.uid === owner.uid)
  return firstThatWorks(asOwner, binaries, folder)
}

function firstThatWorks(runners: readonly Runner[], binaries: Binaries, folder: string): Choice {
  const { uid, gid } = statSync(folder)
  const obstacles: string[] = []
  for (const runner of runners) {
    if (runner.account) give(runner.account, folder)
    const found = obstacle(runner, binaries, folder)
    if (!found) return { runner, binaries }
    obstacles.push(`${runner.kind}: ${found.text}`)
    if (!runner.drops || !found.entered) continue
    // The packages may lie in a folder only root can read, as under /root.
    const copy = copyBinaries(binaries, folder)
    if (!obstacle(runner, copy, folder)) return { runner, binaries: copy }
  }
  if (process.getuid?.() === 0) give({ name: '', uid, gid }, folder)
  throw new Error(
    `The embedded PostgreSQL cannot run here with its data in ${folder}. Choose another folder with TANDEM_DATA_DIR, run as a normal user, or set TANDEM_DATABASE_URL. (Tried ${obstacles.join('; ')}. The programs need glibc.)`,
  )
}

function copyBinaries(binaries: Binaries, folder: string): Binaries {
  const target = join(folder, `postgres-${binaries.version}`)
  const mark = join(target, 'complete')
  if (!existsSync(mark)) {
    // The links of `lib` point at neighbours by relative names, which an absolute rewrite would break.
    cpSync(realpathSync(binaries.folder), target, { recursive: true, verbatimSymlinks: true })
    writeFileSync(mark, '')
  }
  return binariesIn(target, binaries.version)
}

/** Makes the account the owner of the folder and of all in it. */
export function give(account: Account, folder: string): void {
  if (statSync(folder).uid === account.uid) return
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, name), account.uid, account.gid)
  }
  chownSync(folder, account.uid, account.gid)
}
