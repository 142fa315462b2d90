import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** What is counted of HTTP, in Prometheus' words. */
export interface HttpMetrics {
  readonly registry: Registry
  /** One request, by dialect, route, method and status. */
  observe(labels: { surface: string; route: string; method: string; status: number }, seconds: number): void
  /** A request that failed to authenticate, by the reason told to it (S000-SEC-AUTHMON). */
  refused(surface: string, code: string): void
}

/** Makes the metrics of one application; the process's own are collected on demand. */
export function httpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'tandem_' })
  const duration = new Histogram({
    name: 'tandem_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['surface', 'route', 'method', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  // Finding a child by its labels costs more than counting in it; routes and statuses are few.
  const children = new Map<string, ReturnType<typeof duration.labels>>()
  const refusals = new Counter({
    name: 'tandem_http_refused_total',
    help: 'Requests refused before they reached an operation, by cause.',
    labelNames: ['surface', 'code'] as const,
    registers: [registry],
  })
  return {
    registry,
    observe({ surface, route, method, status }, seconds) {
      const id = `${surface} ${route} ${method} ${status}`
      const child = children.get(id) ?? duration.labels(surface, route, method, String(status))
      children.set(id, child)
      child.observe(seconds)
    },
    refused: (surface, code) => refusals.labels(surface, code).inc(),
  }
}
