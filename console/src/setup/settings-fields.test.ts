// Every setting has a place in the console, and goes to the API as it was typed.
import { expect, it } from 'vitest'
import { Settings } from '../../../core/model/settings.ts'
import { changesOf, fieldsOf } from './settings-fields.ts'

const settings = Settings.parse({})
const fields = fieldsOf(settings)

it('has a field for every setting, but for those with a button of their own', () => {
  const withButtons = ['panic', 'troubleshooting']
  expect([...Object.keys(fields), ...withButtons].toSorted()).toEqual(Object.keys(Settings.shape).toSorted())
})

it('sends what differs: numbers as numbers, an empty field as null', () => {
  expect(changesOf(settings, fields)).toEqual({})
  const typed = { ...fields, failedRunsUntilTold: ' 5 ', staleAfterDays: '7', pathPrefix: '/shop' }
  const changes = { failedRunsUntilTold: 5, staleAfterDays: 7, pathPrefix: '/shop' }
  expect(changesOf(settings, typed)).toEqual(changes)
  expect(changesOf({ ...settings, ...changes }, fields)).toEqual({
    failedRunsUntilTold: null,
    staleAfterDays: null,
    pathPrefix: null,
  })
})

it('sends what is no number so that the API refuses it by name', () => {
  const changes = changesOf(settings, { ...fields, staleAfterDays: 'soon' })
  expect(Settings.partial().safeParse(changes).error?.issues[0]?.path).toEqual(['staleAfterDays'])
})
