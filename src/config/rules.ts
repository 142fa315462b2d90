import type { Fault } from './fault.ts'
import type { SettingKey, Values } from './settings.ts'

/** Faults that no single setting shows: values that contradict each other. `sourceOf` names where a value came from. */
export function contradictions(values: Values, sourceOf: (key: SettingKey) => string): Fault[] {
  const { min_per_page: least, default_per_page: usual, max_per_page: most } = values.pagination
  const faults: Fault[] = []
  const fault = (key: SettingKey, problem: string, allowed: string): void => {
    faults.push({ key, problem, allowed, source: sourceOf(key) })
  }
  if (least > most) fault('pagination.min_per_page', `${least} is too large`, `at most max_per_page, which is ${most}`)
  else if (usual < least || usual > most) {
    fault('pagination.default_per_page', `${usual} does not fit`, `from min_per_page ${least} to max_per_page ${most}`)
  }
  return faults
}
