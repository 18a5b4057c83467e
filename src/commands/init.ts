import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { EeCommand } from '../lib/cli/ee-command.js';
import { Secret } from '../lib/secret.js';
import type { InitPlan } from '../lib/settings/init.js';
import { readNamed } from '../lib/regular-file.js';

interface InitResult {
  readonly file: string;
  readonly created: boolean;
  readonly set: readonly string[];
  readonly asked: readonly string[];
  readonly generated: readonly string[];
  readonly kept: readonly string[];
}

export default class Init extends EeCommand {
  static override summary = 'Write the settings file, or complete it';
  static override description =
    'Asks for what is missing, makes every secret, and writes .env.production with mode 600. A value that the file has ' +
    'already is never changed, so it is safe to run again. Without a terminal, give the values with --set.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --set VPS1_IP=192.0.2.10 --set BASE_DOMAIN=example.com',
  ];

  static override flags = {
    set: Flags.string({
      description: 'A value, instead of being asked for it. Others can see it in the process list: no secrets here.',
      helpValue: 'NAME=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  /** The file is written whole, at the very end. */
  protected override readonly again = 'unwritten';

  async run(): Promise<InitResult> {
    const { flags } = await this.parse(Init);
    const file = resolve(flags['env-file'] ?? '.env.production');
    const { planInit, assertAgreement, assertNothingToAsk } = await import('../lib/settings/init.js');
    const { assertPrivate } = await import('../lib/settings/load.js');
    const { assertCreatable, saveSettings } = await import('../lib/settings/write.js');
    const exists = existsSync(file);
    await (exists ? assertPrivate(file) : assertCreatable(file));
    const text = exists ? (await readNamed(file, '--env-file')).toString('utf8') : '';
    const plan = planInit(text, flags.set ?? [], file);
    assertAgreement(text, plan.set, file);
    if (!this.interactive) assertNothingToAsk(plan, this.command(flags['env-file']));
    const answers = this.interactive ? await this.ask(plan, text) : new Map<string, string>();

    const { generateSecret } = await import('../lib/settings/generate.js');
    const { fill } = await import('../lib/settings/fill.js');
    const { renderExample } = await import('../lib/settings/example.js');
    const secrets = new Map(plan.generate.map((name) => [name, generateSecret()]));
    this.hide([...secrets.values()].map((value) => new Secret(value)));
    const additions = new Map<string, string>([...plan.set, ...answers, ...secrets]);
    await saveSettings(file, fill(exists ? text : renderExample(), additions), { exists });
    const result: InitResult = {
      file,
      created: !exists,
      set: [...plan.set.keys()],
      asked: [...answers.keys()],
      generated: plan.generate,
      kept: plan.kept,
    };
    this.present(result);
    const { loadSettings } = await import('../lib/settings/load.js');
    const { stepsAfterInit } = await import('../lib/settings/next-steps.js');
    this.note(stepsAfterInit(await loadSettings(file), this.command(flags['env-file'], 'verify')));
    return result;
  }

  /** What to type, with the settings file that was named. */
  private command(envFile: string | undefined, command = 'init'): string {
    return `ee ${command}${envFile === undefined ? '' : ` --env-file ${envFile}`}`;
  }

  private async ask({ questions, set }: InitPlan, text: string): Promise<Map<string, string>> {
    const [{ default: inquirer }, { judgeAnswer }] = await Promise.all([
      import('inquirer'),
      import('../lib/settings/init.js'),
    ]);
    const answers = new Map<string, string>();
    for (const question of questions) {
      const { name, setting, required } = question;
      const about = `${name}: ${setting.description}, like ${setting.example}${required ? '' : ' (may stay empty)'}\n `;
      const { answer } = await inquirer.prompt<{ answer: string }>([
        {
          type: setting.secret ? 'password' : 'input',
          name: 'answer',
          message: about,
          // What explains the question goes once it is answered.
          theme: { style: { message: (shown: string, status: string) => (status === 'done' ? `${name}:` : shown) } },
          validate: (typed: string) => judgeAnswer(question, typed, { text, values: new Map([...set, ...answers]) }),
        },
      ]);
      if (answer.trim() !== '') answers.set(name, answer.trim());
    }
    return answers;
  }

  private present({ file, created, ...names }: InitResult): void {
    const changed = names.set.length + names.asked.length + names.generated.length > 0;
    this.print(
      created ? `Wrote ${file} (mode 600).` : changed ? `Completed ${file}.` : `${file} is complete: nothing to do.`,
    );
    for (const [what, list] of Object.entries(names)) {
      if (list.length > 0) this.print(`  ${what.padEnd(9)}  ${list.join(', ')}`);
    }
  }
}
