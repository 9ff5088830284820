// Words of the form that schedules a change.
import { inLanguage } from './catalogue.ts'

export const scheduling = inLanguage({
  en: {
    turnOn: 'Turn the flag on',
    turnOff: 'Turn the flag off',
    serve: (variation: string) => `Give everyone else “${variation}”`,
    archive: 'Archive the flag',
    kept: (change: string) => `As it is: ${change}`,
    keptRepeat: 'As it is',
    other: 'Any other change',
    otherHint: 'Make the change at the flag. Its review then offers “Schedule” beside “Save changes”.',
    openFlag: 'Open the flag',
    zone: (zone: string) => `In your time zone, ${zone}.`,
    repeat: 'Repeat',
    repeats: {
      once: 'Once',
      day: 'Every day at that time',
      workday: 'Every weekday, Monday to Friday',
      week: 'Every week on that day',
      month: 'Every month on that day',
    },
    until: 'Until',
  },
  de: {
    turnOn: 'Das Flag einschalten',
    turnOff: 'Das Flag ausschalten',
    serve: (variation) => `Allen anderen „${variation}“ geben`,
    archive: 'Das Flag archivieren',
    kept: (change) => `Wie bisher: ${change}`,
    keptRepeat: 'Wie bisher',
    other: 'Jede andere Änderung',
    otherHint: 'Mach die Änderung am Flag. Dort steht beim Prüfen „Planen“ neben „Änderungen speichern“.',
    openFlag: 'Das Flag öffnen',
    zone: (zone) => `In deiner Zeitzone, ${zone}.`,
    repeat: 'Wiederholen',
    repeats: {
      once: 'Einmal',
      day: 'Jeden Tag zu dieser Zeit',
      workday: 'Jeden Werktag, Montag bis Freitag',
      week: 'Jede Woche an diesem Tag',
      month: 'Jeden Monat an diesem Tag',
    },
    until: 'Bis',
  },
})
