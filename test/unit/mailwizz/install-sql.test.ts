import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { installStatements, tablesOf } from '../../../src/lib/mailwizz/install-sql.js';

describe("the application's own SQL", () => {
  it('gets the prefix on tables after the words that the wizard knows, and nowhere else', () => {
    const sql = [
      'DROP TABLE IF EXISTS `zone`;',
      'CREATE TABLE IF NOT EXISTS `zone` (',
      '  `from` int,',
      '  CONSTRAINT `fk_zone` FOREIGN KEY (`country_id`) REFERENCES `country` (`country_id`)',
      ');',
      "INSERT INTO `option` (`key`) VALUES ('UPDATE `option` FROM `x`');",
      'ALTER IGNORE TABLE `a` ADD `b` int;',
      'RENAME TABLE `a` TO `c`;',
      'UPDATE `a` SET `b` = (SELECT 1 FROM `d`);',
    ].join('\n');
    expect(installStatements(sql, 'mw_')).toEqual([
      'DROP TABLE IF EXISTS `mw_zone`;',
      'CREATE TABLE IF NOT EXISTS `mw_zone` (\n  `from` int,\n  CONSTRAINT `fk_zone` FOREIGN KEY (`country_id`) REFERENCES `mw_country` (`country_id`)\n);',
      "INSERT INTO `mw_option` (`key`) VALUES ('UPDATE `option` FROM `x`');",
      'ALTER IGNORE TABLE `mw_a` ADD `b` int;',
      'RENAME TABLE `mw_a` TO `mw_c`;',
      'UPDATE `mw_a` SET `b` = (SELECT 1 FROM `mw_d`);',
    ]);
  });

  it('loses its comments, and knows a semicolon in a text from the end of a statement', () => {
    const sql =
      "-- a comment;\n# another;\n/*!40014 SET X=0 */;\n\nINSERT INTO `a` VALUES ('it''s;\n-- no comment;\n\\';');\nDROP TABLE `b`;";
    expect(installStatements(sql, 'p_')).toEqual([
      "INSERT INTO `p_a` VALUES ('it''s;\n-- no comment;\n\\';');",
      'DROP TABLE `p_b`;',
    ]);
  });

  it('keeps every byte of a text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = Buffer.from(bytes.filter((byte) => ![0, 10, 13, 39, 92].includes(byte))).toString('latin1');
        expect(installStatements(`INSERT INTO \`a\` VALUES ('${text}');\n`, '')).toEqual([
          `INSERT INTO \`a\` VALUES ('${text}');`,
        ]);
      }),
    );
  });

  it('tells which tables it makes', () => {
    expect(
      tablesOf('DROP TABLE IF EXISTS `a`;\nCREATE TABLE IF NOT EXISTS `a` (\n);\nCREATE TABLE `b_c` (\n);'),
    ).toEqual(['a', 'b_c']);
  });
});

it('a string of 20 MB is one', () => {
  const long = 'x'.repeat(20_000_000);
  const [statement] = installStatements(`INSERT INTO \`a\` VALUES ('${long}');\n`, 'mw_');
  expect(statement).toHaveLength(`INSERT INTO \`mw_a\` VALUES ('');`.length + long.length);
});
