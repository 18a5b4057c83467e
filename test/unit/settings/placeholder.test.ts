import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, NUMBERED } from '../../../src/lib/settings/catalogue.js';
import { generateSecret } from '../../../src/lib/settings/generate.js';
import { isPlaceholder } from '../../../src/lib/settings/placeholder.js';
import { problemsOf } from '../../../src/lib/settings/parse.js';
import { validText } from './a-valid-file.js';

const PLACEHOLDERS = [
  'CHANGE_ME',
  'changeme',
  'change-this-password',
  'YOUR_VPS1_IP',
  'YOUR_SOMETHING',
  'your-domain.com',
  'your token here',
  'xxx',
  'xxx.xxx.xxx.xxx',
  'xx.xx.xx.xx',
  'sk-xxxxxxxx',
  '<password>',
  '[adresse IP]',
  '{{ password }}',
  '${PASSWORD}',
  'password_here',
  'replace_with_a_password',
  'generate with openssl rand -hex 32',
  'TODO',
  'VOTRE_JETON',
  'votre-domaine.fr',
  'votre token Telegram',
  'MOT_DE_PASSE_FORT',
  'mot de passe MySQL',
  'générer avec openssl rand -hex 32',
  'GENERER_UN_SECRET',
  'générez-le',
  "IP chez l'hébergeur",
  'IP du VPS',
  'à remplacer',
  'A_REMPLACER',
  'à définir',
  'changez-moi',
  'insérer ici',
  'jeton du bot',
  'remplir…',
  '...',
];

const REAL = [
  '192.0.2.10',
  'mail1.example.com',
  'your-holidays.example',
  'votre-soleil.example',
  'contact@mail1.example.com',
  '~/.ssh/id_ed25519',
  '../packages/powermta.deb',
  'Holiday mail',
  'Xavier',
  'keymaster',
  '123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc',
];

describe('placeholders', () => {
  it.each(PLACEHOLDERS)('[R3] recognises %s', (value) => {
    expect(isPlaceholder(value)).toBe(true);
  });

  it.each(REAL)('takes %s for a real value', (value) => {
    expect(isPlaceholder(value)).toBe(false);
  });

  it('takes every example of the catalogue for a real value', () => {
    for (const { example } of [...Object.values(CATALOGUE), ...Object.values(NUMBERED)]) {
      expect([example, isPlaceholder(example)]).toEqual([example, false]);
    }
  });

  it('never refuses a secret that ee made itself', () => {
    fc.assert(
      fc.property(fc.constant(null), () => !isPlaceholder(generateSecret())),
      { numRuns: 500 },
    );
  });

  it.each(['a{b}|c*/$x@mail1.example.com', 'contact@<domain>', 'info[at]mail1.example.com'])(
    'calls the brackets in %s what they are',
    (value) => {
      const found = problemsOf(`SENDER1=${value}\n${validText({ SENDER1: undefined })}`);
      expect(found.filter(({ name }) => name === 'SENDER1').map(({ message }) => message)).toEqual([
        'has a pair of brackets, like what a template leaves to be filled in; no value may have one — ' +
          `write the real value, like ${NUMBERED.SENDER.example}`,
      ]);
    },
  );

  it('[R3] calls what is brackets alone a placeholder', () => {
    for (const value of ['<password>', '[adresse IP]', '{{ password }}', '${PASSWORD}']) {
      const found = problemsOf(`BASE_DOMAIN='${value}'\n${validText({ BASE_DOMAIN: undefined })}`);
      expect(found.map(({ message }) => message.split(' —')[0])).toContain('is a placeholder');
    }
  });

  it('[R3] names the key and the line, in every field', () => {
    for (const name of [...Object.keys(CATALOGUE), 'IP1', 'DOMAIN1', 'SENDER1', 'VPS2_SSH_USER']) {
      const text = `${name}=CHANGE_ME\n${validText({ [name]: undefined })}`;
      const found = problemsOf(text).filter((problem) => problem.name === name && problem.line === 1);
      expect(found.map(({ message }) => message.split(' —')[0])).toContain('is a placeholder');
    }
  });
});
