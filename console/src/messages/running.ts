// Words of what runs on a flag.
import { inLanguage } from './catalogue.ts'

export const running = inLanguage({
  en: { none: 'None on this flag.' },
  de: { none: 'Keine an diesem Flag.' },
})
