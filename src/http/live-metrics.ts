import { Counter, Gauge, type Registry } from 'prom-client'
import type { Hub } from '../services/live/hub.ts'
import type { LiveMeters } from '../services/live/live.ts'
import type { SyncState } from '../services/live/synchroniser.ts'

const states: readonly SyncState[] = ['unsynced', 'snapshotting', 'live', 'checking']

/** What is counted of live state and its streams, in Prometheus' words. */
export interface LiveMetrics extends LiveMeters {
  /** A stream ended, and why. */
  ended(reason: string): void
  /** Shows what a hub holds. */
  watch(hub: Hub): void
}

/** Makes the metrics of live state in a registry. */
export function liveMetrics(registry: Registry): LiveMetrics {
  const registers = [registry]
  const differences = new Counter({
    name: 'tandem_live_differences_total',
    help: "Differences between the live model and the switch's own tables, which were put right.",
    labelNames: ['node', 'kind'] as const,
    registers,
  })
  const events = new Counter({
    name: 'tandem_events_total',
    help: 'Events published to streams, by type.',
    labelNames: ['type'] as const,
    registers,
  })
  const state = new Gauge({
    name: 'tandem_live_state',
    help: '1 for the state that the model of a node is in.',
    labelNames: ['node', 'state'] as const,
    registers,
  })
  const ends = new Counter({
    name: 'tandem_event_streams_ended_total',
    help: 'Streams of events that ended, by reason.',
    labelNames: ['reason'] as const,
    registers,
  })
  return {
    difference: (node, kind, count) => differences.labels(node, kind).inc(count),
    event: (type) => events.labels(type).inc(),
    state(node, current) {
      for (const one of states) state.labels(node, one).set(one === current ? 1 : 0)
    },
    ended: (reason) => ends.labels(reason).inc(),
    watch(hub) {
      new Gauge({
        name: 'tandem_event_streams',
        help: 'Streams of events that are open.',
        registers,
        collect() {
          this.set(hub.listeners)
        },
      })
      new Gauge({
        name: 'tandem_event_memory_bytes',
        help: 'Bytes of past events kept for streams that resume.',
        registers,
        collect() {
          this.set(hub.kept.bytes)
        },
      })
    },
  }
}
