import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../../src/lib/settings/parse.js';
import { renderProblem } from '../../../src/lib/settings/problem.js';
import { validText } from './a-valid-file.js';

const TOKEN = '123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc';
const refused = (token: string | undefined, chat: string | undefined): string[] =>
  problemsOf(validText({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chat })).map(
    (problem) => /TELEGRAM_\w+/.exec(renderProblem(problem))?.[0] ?? '',
  );

describe('the receiver of alerts', () => {
  it('[R120] is taken with a real token and a real chat, and may be left out', () => {
    expect(refused(TOKEN, '-1001234567890')).toEqual([]);
    expect(refused(undefined, undefined)).toEqual([]);
  });

  it.each(['YOUR_CHAT_ID', 'xxx', '<chat id>', 'CHANGE_ME', 'votre_chat_id'])(
    '[R120] is not taken with the placeholder %s for its chat',
    (chat) => {
      expect(refused(TOKEN, chat)).toContain('TELEGRAM_CHAT_ID');
    },
  );

  it.each(['YOUR_BOT_TOKEN', 'changeme', 'votre-token-ici'])(
    '[R120] is not taken with the placeholder %s for its token',
    (token) => {
      expect(refused(token, '-1001234567890')).toContain('TELEGRAM_BOT_TOKEN');
    },
  );

  it('[R120] is not taken by halves', () => {
    expect(refused(TOKEN, undefined)).toEqual(['TELEGRAM_BOT_TOKEN']);
    expect(refused(undefined, '-1001234567890')).toEqual(['TELEGRAM_CHAT_ID']);
  });
});
