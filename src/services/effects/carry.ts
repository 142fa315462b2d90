import type { ColumnCatalog } from '../../adapters/database/columns.ts'
import type { Queryable } from '../../adapters/database/database.ts'
import type { Delivery, Effect, Errand, Said, Stage } from '../../adapters/effects.ts'
import { cacheFileName, changeFolder, dropCacheKey } from '../../adapters/files.ts'
import type { SwitchNode, SwitchPort } from '../../adapters/switch/switch.ts'
import { type Command, CommandError, command, rest, sendEvent } from '../../esl/index.ts'
import { coalescer } from './coalesce.ts'
import { proofs } from './proofs.ts'
import { stageOf, wordsOf } from './replies.ts'

/** What carrying effects out needs. */
export interface CarryOptions {
  readonly database: Queryable
  readonly columns: ColumnCatalog
  readonly switch: SwitchPort
  /** FusionPBX's file cache on this host, or "" where it is out of reach. */
  readonly cacheDir: string
  /** FusionPBX's `cache.method`. */
  readonly cacheMethod: 'file' | 'memcache'
  /** Voicemail storage on this host, or "". */
  readonly voicemailDir: string
  /** `freeswitch.clear_cache_on_update`. */
  readonly clearCache: boolean
  /** `freeswitch.auto_regenerate_xml`: the switch is told to load what changed. */
  readonly tellSwitch: boolean
}

/** Milliseconds one command may take before its effect is owed. */
const commandMs = 5000
/** Milliseconds a rescan may take: it reads the whole configuration. */
const slowMs = 30_000
/** Asked again this often whether the row has arrived, at this distance: a killed gateway is gone a moment later. */
const looks = { times: 4, apartMs: 150 }

/** These read the whole configuration anew, so they go as background jobs and are shared (freeswitch-limits). */
const isSlow = (words: readonly string[]): boolean =>
  ['reloadacl', 'reloadxml'].includes(words[0] ?? '') || words.at(-1) === 'rescan'

const asWords = (effect: Extract<Effect, { to: 'switch' }>): string => effect.command.join(' ')

const folderWords = (effect: Extract<Effect, { to: 'files' }>): string =>
  `${effect.action} ${effect.domain}/${effect.box}`
const outOfReach = 'voicemail storage is not in reach'

/** FusionPBX's templates are PHP's to render, and phones that fetch their files get them fresh anyway. */
const notRendered = ({ device, folder }: Extract<Effect, { to: 'provisioning' }>): Said => ({
  to: 'provisioning',
  what: `write the files of ${device} to ${folder}`,
  stage: 'skipped',
  said: 'only FusionPBX renders its templates: save the device there, or let the phone fetch its files',
})

/** The key as one switch knows it. */
const keyOn = (effect: Extract<Effect, { to: 'cache' }>, hostname: string | null): string =>
  effect.perHost ? `${hostname ?? ''}:${effect.key}` : effect.key

/** How FusionPBX tells other switches to forget a key (facts 2). */
const forgetEvent = (method: CarryOptions['cacheMethod'], key: string): Command =>
  sendEvent('CUSTOM', {
    'Event-Name': 'CUSTOM',
    'Event-Subclass': `fusion::${method}`,
    'API-Command': method === 'file' ? 'cache' : 'memcache',
    'API-Command-Argument': `delete ${method === 'file' ? cacheFileName(key) : key}`,
  })

/** The worst that happened: one part that failed is what a person has to know of. */
export function worst(stages: readonly Stage[]): Stage {
  const order: readonly Stage[] = ['failed', 'pending', 'sent', 'done', 'skipped']
  return order.find((stage) => stages.includes(stage)) ?? 'none'
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A command that the grammar refuses will be refused for ever; a switch out of reach comes back. */
const stageOfError = (error: unknown): Stage => (error instanceof CommandError ? 'failed' : 'pending')

/** Makes what carries out the effects of a write, all of them again when asked again. Never throws. */
export function carrier(options: CarryOptions) {
  const shared = coalescer<string>()

  const attempt = async (about: Omit<Said, 'stage' | 'said'>, work: () => Promise<[Stage, string]>): Promise<Said> => {
    try {
      const [stage, said] = await work()
      return { ...about, stage, said: wordsOf(said) }
    } catch (error) {
      return { ...about, stage: stageOfError(error), said: wordsOf(reasonOf(error)) }
    }
  }

  const onDisk = async (effect: Extract<Effect, { to: 'cache' | 'files' }>): Promise<Said | undefined> => {
    const isCache = effect.to === 'cache'
    const folder = isCache ? options.cacheDir : options.voicemailDir
    const what = isCache ? `delete ${cacheFileName(effect.key)}` : folderWords(effect)
    // Where the switch runs the event below does it; only folders are nobody else's work.
    if (folder === '') return isCache ? undefined : { to: 'files', what, stage: 'skipped', said: outOfReach }
    try {
      await (isCache ? dropCacheKey(folder, effect) : changeFolder(folder, effect))
      return { to: effect.to, what, stage: 'done', said: '' }
    } catch (error) {
      return { to: effect.to, what, stage: 'failed', said: wordsOf(reasonOf(error)) }
    }
  }

  const forget = async (node: SwitchNode, effect: Extract<Effect, { to: 'cache' }>): Promise<Said[]> => {
    const key = keyOn(effect, node.status().hostname)
    const about = { to: 'cache', node: node.name, what: `delete ${key}` } as const
    const said = [
      await attempt(about, async () => {
        const reply = await node.send(forgetEvent(options.cacheMethod, key))
        if (options.cacheMethod === 'file') return [stageOf([], reply), reply]
        await node.api(command('memcache', 'delete', key), commandMs)
        const left = await node.api(command('memcache', 'get', key), commandMs)
        return [left.startsWith('-ERR NOT FOUND') ? 'done' : 'sent', left.startsWith('-ERR') ? left : 'still there']
      }),
    ]
    // FreeSWITCH itself keeps what mod_xml_curl called cacheable; FusionPBX forgets that one.
    const [, user, domain] = /^directory:([^@]+)@(.+)$/.exec(effect.key) ?? []
    if (user !== undefined && domain !== undefined)
      said.push(
        await attempt({ ...about, what: `xml_flush_cache id ${user} ${domain}` }, async () => {
          const reply = await node.api(command('xml_flush_cache', 'id', user, domain), commandMs)
          return [/^\+OK cleared \d+ entr/.test(reply) ? 'done' : stageOf([], reply), reply]
        }),
      )
    return said
  }

  const tell = (node: SwitchNode, effect: Extract<Effect, { to: 'switch' | 'event' }>): Promise<Said> => {
    if (effect.to === 'event')
      return attempt({ to: 'event', node: node.name, what: effect.name }, async () => [
        'sent',
        await node.send(sendEvent(effect.name, effect.headers)),
      ])
    const [first, ...words] = effect.command
    return attempt({ to: 'switch', node: node.name, what: asWords(effect) }, async () => {
      // luarun takes the rest of its line as the script and its arguments.
      const line = first === 'luarun' ? command(first, rest(words.join(' '))) : command(first, ...words)
      // A scan under way has read the old row: it would load again what is unloaded now, and ours would pass it over.
      if (effect.command.includes('killgw')) await shared.ended(`${node.name} `)
      const reply = isSlow(effect.command)
        ? await shared.run(`${node.name} ${line.line}`, () => node.background(line, slowMs))
        : await node.api(line, commandMs)
      return [stageOf(effect.command, reply), reply]
    })
  }

  const prove = async (node: SwitchNode, { proof, key }: Errand): Promise<Said> => {
    const ask = proofs[proof as NonNullable<typeof proof>]
    const about = { to: 'proof', node: node.name } as const
    try {
      for (let look = 1; ; look += 1) {
        const { what, isThere, said } = await ask(options.database, node, key, options.columns)
        if (isThere || look === looks.times)
          return { ...about, what, stage: isThere ? 'done' : 'pending', said: wordsOf(said) }
        await new Promise((resolve) => setTimeout(resolve, looks.apartMs))
      }
    } catch (error) {
      return { ...about, what: `${proof}`, stage: stageOfError(error), said: wordsOf(reasonOf(error)) }
    }
  }

  /** Everything for one switch, in its order: a cache is emptied before anybody is told to read again. */
  const onNode = async (node: SwitchNode, errand: Errand): Promise<Said[]> => {
    // Told again for the sake of another switch, it would drop a gateway's registration once more for nothing.
    const before = errand.before?.filter((each) => each.node === node.name) ?? []
    if (before.length > 0 && before.every(({ stage }) => stage !== 'pending')) return before
    const said: Said[] = []
    if (options.clearCache)
      for (const effect of errand.effects) if (effect.to === 'cache') said.push(...(await forget(node, effect)))
    if (!options.tellSwitch) return said
    let isTold = false
    for (const effect of errand.effects)
      if (effect.to === 'switch' || effect.to === 'event') {
        const answer = await tell(node, effect)
        said.push(answer)
        isTold ||= answer.stage !== 'pending'
      }
    if (errand.proof !== undefined && isTold) said.push(await prove(node, errand))
    return said
  }

  const hasNodes = options.switch.nodes.length > 0
  const speaks = (effects: readonly Effect[], to: readonly Effect['to'][]): boolean =>
    effects.some((effect) => to.includes(effect.to))
  const cacheStage = (effects: readonly Effect[], reached: () => Stage): Stage => {
    if (!speaks(effects, ['cache'])) return 'none'
    if (!options.clearCache) return 'skipped'
    return options.cacheDir === '' && !hasNodes ? 'none' : reached()
  }
  const switchStage = (effects: readonly Effect[], reached: () => Stage): Stage => {
    if (!speaks(effects, ['switch', 'event'])) return 'none'
    if (!options.tellSwitch) return 'skipped'
    return hasNodes ? reached() : 'none'
  }

  /** A switch that showed the row has heard what it was told; where some did not show it, the worst counts. */
  const toldStage = (said: readonly Said[]): Stage => {
    const proven = said.filter(({ to }) => to === 'proof')
    const words = said.filter(({ to }) => to === 'switch' || to === 'event')
    const shown = new Set(proven.filter(({ stage }) => stage === 'done').map(({ node }) => node))
    return worst([
      ...words.map(({ stage, node }) => (stage === 'sent' && shown.has(node) ? 'done' : stage)),
      ...proven.map(({ stage }) => stage),
    ])
  }

  const expect = (effects: readonly Effect[]): Delivery => ({
    cache: cacheStage(effects, () => 'pending'),
    switch: switchStage(effects, () => 'pending'),
  })

  return {
    expect,
    /** False where neither a switch nor a folder is in reach: then there is nothing to try. */
    reachesAnything: hasNodes || options.cacheDir !== '' || options.voicemailDir !== '',
    /** What a receipt shows of effects that nobody has tried. */
    untried(effects: readonly Effect[]): Said[] {
      const delivery = expect(effects)
      const said = { none: 'nothing is in reach', skipped: 'switched off by the configuration' } as Record<
        string,
        string
      >
      return effects.map((effect) => {
        if (effect.to === 'provisioning') return notRendered(effect)
        if (effect.to === 'files') return { to: 'files', what: folderWords(effect), stage: 'skipped', said: outOfReach }
        const stage = effect.to === 'cache' ? delivery.cache : delivery.switch
        const what =
          effect.to === 'cache' ? `delete ${effect.key}` : effect.to === 'event' ? effect.name : asWords(effect)
        return { to: effect.to, what, stage, said: said[stage] ?? '' }
      })
    },
    async carry(errand: Errand): Promise<Delivery & { readonly report: readonly Said[] }> {
      const { effects } = errand
      const local: Said[] = []
      for (const effect of effects) if (effect.to === 'provisioning') local.push(notRendered(effect))
      const onHost = options.clearCache && options.cacheMethod === 'file'
      for (const effect of effects)
        if (effect.to === 'files' || (effect.to === 'cache' && onHost)) {
          const done = await onDisk(effect)
          if (done) local.push(done)
        }
      const remote = (await Promise.all(options.switch.nodes.map((node) => onNode(node, errand)))).flat()
      const report = [...local, ...remote]
      // On a single host the file that was deleted here is the cache; the event is for the copies of others.
      const isWhole = options.cacheDir !== '' && options.cacheMethod === 'file' && options.switch.nodes.length <= 1
      const cached = (isWhole ? local : report).filter(({ to }) => to === 'cache')
      return {
        cache: cacheStage(effects, () => worst(cached.map(({ stage }) => stage))),
        switch: switchStage(effects, () => toldStage(remote)),
        report,
      }
    },
  }
}

export type Carrier = ReturnType<typeof carrier>
