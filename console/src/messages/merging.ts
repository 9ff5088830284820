// Words for two people who changed the same.
import { inLanguage } from './catalogue.ts'

export const merging = inLanguage({
  en: {
    title: 'Somebody else changed this meanwhile',
    lead: 'What only one of you changed is merged already. Choose where both changed the same.',
    clean: 'It is merged with what you typed. Look at the result, then save it.',
    action: 'What you chose is kept, and is done on the new version once you confirm it again.',
    before: 'Before',
    mine: 'Yours',
    theirs: 'Theirs',
    takenOver: 'Taken over from them',
    gone: 'removed',
    nothing: 'nothing',
    all: 'all',
    yes: 'yes',
    no: 'no',
  },
  de: {
    title: 'Jemand anders hat das inzwischen geändert',
    lead: 'Was nur einer von euch geändert hat, ist schon zusammengeführt. Wähle, wo beide dasselbe geändert haben.',
    clean: 'Es ist mit deinen Eingaben zusammengeführt. Sieh dir das Ergebnis an und speichere es dann.',
    action: 'Deine Wahl bleibt und gilt für die neue Fassung, sobald du sie noch einmal bestätigst.',
    before: 'Vorher',
    mine: 'Deins',
    theirs: 'Ihres',
    takenOver: 'Übernommen',
    gone: 'entfernt',
    nothing: 'nichts',
    all: 'alle',
    yes: 'ja',
    no: 'nein',
  },
})
