import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { cloneDatabase } from './cluster.ts'
import { startTestCluster } from './start-cluster.ts'

/** This file is also a test run that is killed. */
if (process.env.TANDEM_TEST_RUN) {
  const { folder } = await startTestCluster()
  console.log(folder)
  setInterval(() => undefined, 1000)
} else tests()

function tests() {
  describe('the cluster of a test run', () => {
    test('clones a template for each test, apart from the others', async () => {
      const [one, other] = await Promise.all([cloneDatabase('5.6'), cloneDatabase('5.6')])
      assert.notEqual(one.url, other.url)
      const client = new pg.Client({ connectionString: one.url })
      client.on('error', () => undefined)
      await client.connect()
      await client.query(`insert into v_domains (domain_uuid, domain_name) values (gen_random_uuid(), 'a')`)
      await other.drop()
      // Even while a test forgot its connection.
      await one.drop()
    })

    test('ends with its folder when the run is killed', async () => {
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env
      const run = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
        env: { ...environment, TANDEM_TEST_RUN: 'yes' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [folder] = (await once(createInterface({ input: run.stdout }), 'line')) as [string]
      assert.ok(existsSync(folder))
      run.kill('SIGKILL')
      for (let tries = 0; existsSync(folder) && tries < 500; tries++) await pause(20)
      assert.ok(!existsSync(folder))
    })
  })
}
