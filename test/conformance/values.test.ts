import { after } from 'node:test'
import { testApp } from '../support/app.ts'
import { written } from './samples.ts'
import { wrongValues } from './values.ts'
import { wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

for (const sample of written) for (const wire of wires) wrongValues(app, sample, wire)
