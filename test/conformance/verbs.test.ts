import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { resources } from '../../src/resources/registry.ts'
import { testApp } from '../support/app.ts'
import { nothingBroke } from './rows.ts'
import { samples, written } from './samples.ts'
import { duplicates, lifeCycle, missingFields, partialUpdates, strangers, unknownFields } from './verbs.ts'
import { wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

test('every resource of the registry has a sample, and every sample a resource', () => {
  assert.deepEqual(
    resources.map((resource) => [resource.name, resource.operations ?? ['list', 'get', 'create', 'update', 'remove']]),
    samples.map((sample) => [sample.name, sample.verbs]),
  )
})

for (const sample of written)
  for (const wire of wires) {
    lifeCycle(app, sample, wire)
    if (sample.required.length > 0) missingFields(app, sample, wire)
    if (sample.unique.field !== '') duplicates(app, sample, wire)
    strangers(app, sample, wire)
    partialUpdates(app, sample, wire)
    unknownFields(app, sample, wire)
  }

nothingBroke(app, 'verbs')
