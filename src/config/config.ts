import { ConfigError, type Fault } from './fault.ts'
import { contradictions } from './rules.ts'
import type { Shown } from './setting.ts'
import { type SettingKey, settingKeys, settingOf, type Values } from './settings.ts'
import { configFileVariable, type Environment, environmentLayer } from './sources/environment.ts'
import { fileLayer } from './sources/file.ts'
import { fusionpbxConfigFiles, fusionpbxLayer } from './sources/fusionpbx.ts'
import type { Entry, Layer } from './sources/layer.ts'

/** One line of `Config.explain`. */
export interface Explained {
  readonly key: SettingKey
  /** The value in force, ready to be printed: secrets and passwords inside URLs are masked. */
  readonly value: Shown
  /** `environment NAME`, `file PATH`, `detected in PATH` or `default`. */
  readonly source: string
}

/** The configuration in force. It does not change while the process runs. */
export interface Config {
  /** Values by their keys, nested at the dots: `values.rate_limit.requests_per_minute`. */
  readonly values: Values
  /** Every setting with its value and where that came from, in the order of the list of settings. */
  explain(): Explained[]
}

/** Where a configuration is loaded from; the defaults are those of a real start. */
export interface LoadOptions {
  env?: Environment
  files?: {
    /** Paths tried for FusionPBX's own configuration. */
    fusionpbx?: readonly string[]
  }
}

interface Chosen {
  readonly value: unknown
  readonly source: string
}

/** Reads what one source gave for a setting, or adds its faults. */
function read(key: SettingKey, { given, source }: Entry, faults: Fault[]): Chosen | undefined {
  const setting = settingOf(key)
  const reading = setting.read(given)
  if ('value' in reading) return { value: reading.value, source }
  for (const problem of reading.problems) faults.push({ key, problem, allowed: setting.allowed, source })
  return undefined
}

/**
 * The value of a setting. Whatever was written for Tandem is checked even where a stronger source overrides it, so
 * that no fault waits for the day the override goes; what was only detected matters when nothing else is said.
 */
function choose(key: SettingKey, written: readonly Layer[], detected: Layer, faults: Fault[]): Chosen {
  const entries = written.flatMap((layer) => layer.entries.get(key) ?? [])
  const [strongest] = entries.map((entry) => read(key, entry, faults))
  if (entries.length > 0) return strongest ?? { value: settingOf(key).default, source: 'default' }
  faults.push(...detected.faults.filter((fault) => fault.key === key))
  const found = detected.entries.get(key)
  return (found && read(key, found, faults)) ?? { value: settingOf(key).default, source: 'default' }
}

/** `{a: {b: 1}}` from `a.b` = 1, frozen all the way down. */
function nest(pairs: Iterable<readonly [string, unknown]>): unknown {
  const below = new Map<string, Map<string, unknown>>()
  const nested: Record<string, unknown> = {}
  for (const [key, value] of pairs) {
    const dot = key.indexOf('.')
    if (dot < 0) {
      nested[key] = Array.isArray(value) ? Object.freeze([...value]) : value
      continue
    }
    const head = key.slice(0, dot)
    const inner = below.get(head) ?? new Map<string, unknown>()
    below.set(head, inner.set(key.slice(dot + 1), value))
  }
  for (const [head, inner] of below) nested[head] = nest(inner)
  return Object.freeze(nested)
}

/**
 * Loads the configuration: the environment first, then the file named by TANDEM_CONFIG, then what FusionPBX's own
 * configuration on this host says, then defaults. Throws one ConfigError that lists every fault.
 */
export function loadConfig({ env = process.env, files = {} }: LoadOptions = {}): Config {
  const written = [environmentLayer(env), fileLayer(env[configFileVariable])]
  const detected = fusionpbxLayer(files.fusionpbx ?? fusionpbxConfigFiles)
  const faults = written.flatMap((layer) => layer.faults)
  const chosen = new Map(settingKeys.map((key) => [key, choose(key, written, detected, faults)]))
  const chosenOf = (key: SettingKey): Chosen => chosen.get(key) ?? { value: settingOf(key).default, source: 'default' }

  // The one place where the list's values meet the type derived from that same list.
  const values = nest(settingKeys.map((key) => [key, chosenOf(key).value])) as Values
  faults.push(...contradictions(values, (key) => chosenOf(key).source))
  if (faults.length > 0) throw new ConfigError(faults)

  return {
    values,
    explain: () =>
      settingKeys.map((key) => {
        const { value, source } = chosenOf(key)
        return { key, value: settingOf(key).show(value), source }
      }),
  }
}
