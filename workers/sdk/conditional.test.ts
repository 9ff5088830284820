// Conditional requests and encodings, including tags that Cloudflare has made weak.
import { describe, expect, it } from 'vitest'
import { checkConditions } from './conditional.ts'
import { chooseEncoding } from './encoding.ts'

const lastModified = 'Sat, 21 Nov 2026 12:00:00 GMT'
const validators = { etags: ['"a-br"', '"a"', '"a-gzip"'] as const, lastModified }
const kindOf = (headers: Record<string, string>) =>
  checkConditions(new Headers(headers), { ...validators, etags: [...validators.etags] }).kind

describe('a conditional request', () => {
  it.each([
    ['no condition', {}, 'send'],
    ['our tag', { 'if-none-match': '"a-br"' }, 'unmodified'],
    ['the tag of another encoding', { 'if-none-match': '"a"' }, 'unmodified'],
    ['a weak tag', { 'if-none-match': 'W/"a"' }, 'unmodified'],
    ['several tags, one of them ours', { 'if-none-match': '"x", W/"a-gzip" , "y"' }, 'unmodified'],
    ['any tag', { 'if-none-match': '*' }, 'unmodified'],
    ['another tag', { 'if-none-match': '"b"' }, 'send'],
    ['part of a tag', { 'if-none-match': '"a-"' }, 'send'],
    ['a tag without quotes', { 'if-none-match': 'a' }, 'send'],
    ['a tag with a comma inside', { 'if-none-match': '"x,y", "a"' }, 'unmodified'],
    [
      'another tag and our date: only the tag counts',
      { 'if-none-match': '"b"', 'if-modified-since': lastModified },
      'send',
    ],
    ['our date', { 'if-modified-since': lastModified }, 'unmodified'],
    ['a date one second before ours', { 'if-modified-since': 'Sat, 21 Nov 2026 11:59:59 GMT' }, 'send'],
    ['a later date', { 'if-modified-since': 'Sun, 22 Nov 2026 00:00:00 GMT' }, 'unmodified'],
    ['an invalid date', { 'if-modified-since': 'yesterday' }, 'send'],
    ['if-match with our tag', { 'if-match': '"a"' }, 'send'],
    ['if-match with our tag made weak', { 'if-match': 'W/"a"' }, 'failed'],
    ['if-match with another tag', { 'if-match': '"b"' }, 'failed'],
    ['if-match with any tag', { 'if-match': '*' }, 'send'],
  ])('with %s', (_, headers, kind) => {
    expect(kindOf(headers)).toBe(kind)
  })
})

describe('the chosen encoding', () => {
  it.each([
    ['', 'identity'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0.0', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['zstd', 'identity'],
    ['br;q=x', 'identity'],
  ])('for %s is %s', (accepted, encoding) => {
    expect(chooseEncoding(accepted)).toBe(encoding)
  })
})
