// Words of a draft that is sent to somebody else.
import { inLanguage } from './catalogue.ts'

export const reviewing = inLanguage({
  en: {
    ask: 'Ask for review',
    copied: 'The link is copied',
    copiedHint: 'Whoever opens it sees this change as a draft of their own, and can save it.',
    tooLong: 'The change is too long for a link',
    tooLongHint: 'Save it in parts, or show it on your screen.',
    broken: 'The link holds no change of this flag',
    brokenHint: 'It may have been cut on its way: ask for it again.',
    received: 'You were asked to review this change. Check it, then save or discard it.',
    replaceTitle: 'Replace your draft',
    replace: 'Replace draft',
    replaceHint: 'You have a draft of this flag. The change that you were sent would take its place.',
  },
  de: {
    ask: 'Um Prüfung bitten',
    copied: 'Der Link ist kopiert',
    copiedHint: 'Wer ihn öffnet, sieht die Änderung als eigenen Entwurf und kann sie speichern.',
    tooLong: 'Die Änderung ist zu lang für einen Link',
    tooLongHint: 'Speichere sie in Teilen oder zeig sie am Bildschirm.',
    broken: 'Der Link enthält keine Änderung dieses Flags',
    brokenHint: 'Vielleicht wurde er unterwegs gekürzt: bitte noch einmal darum.',
    received: 'Du wurdest um Prüfung dieser Änderung gebeten. Prüfe sie, dann speichere oder verwirf sie.',
    replaceTitle: 'Entwurf ersetzen',
    replace: 'Entwurf ersetzen',
    replaceHint: 'Du hast einen Entwurf dieses Flags. Die geschickte Änderung träte an seine Stelle.',
  },
})
