import { expect, it } from 'vitest'
import { isSnowflake, snowflakeTime } from '../../src/discord/snowflake.ts'

it.each(['1', '41771983423143937', '18446744073709551615'])('takes %s for an id', (id) => {
  expect(isSnowflake(id)).toBe(true)
})

it.each([
  '',
  '0',
  '00',
  '01',
  '-1',
  '+1',
  '1.0',
  '1e3',
  ' 1',
  '1\n',
  '0x10',
  'general',
  '١٢٣',
  '18446744073709551616',
  '99999999999999999999',
  '184467440737095516150',
  41771983423143,
  null,
  undefined,
])('does not take %j for an id', (id) => {
  expect(isSnowflake(id)).toBe(false)
})

it("reads the time in an id, as in Discord's own example", () => {
  // https://docs.discord.com/developers/reference#snowflakes: 2016-04-30 11:18:25.796 UTC.
  expect(snowflakeTime('175928847299117063')).toBe(Date.UTC(2016, 3, 30, 11, 18, 25, 796) / 1000)
})
