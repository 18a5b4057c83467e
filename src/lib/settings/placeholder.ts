/** What a value that stands in for a real one looks like in a template, French or English (R3). */

const NOUN =
  '(domaine?|password|passwd|mot de passe|token|jeton|key|cle|ip|address|adresse|name|nom|e ?mail|courriel|server|serveur|host|' +
  'site|user|utilisateur|secret|code|id|chat|bot|api|company|entreprise|vps|chemin|path)';

const BRACKETS: readonly RegExp[] = [
  /<[^<>]+>/, // <password>
  /\[[^[\]]+\]/, // [password]
  /\{[^{}]+\}/, // {password}, ${PASSWORD}, {{ password }}
];

/** Matched against the value as written. */
const SHAPES: readonly RegExp[] = [
  ...BRACKETS,
  /^%\w+%$/,
  /(^|[^A-Za-z0-9])x{3,}($|[^A-Za-z0-9])/i, // xxx, xxx.xxx.xxx.xxx, sk-xxxx
  /^x{2,3}(\.x{1,3})+$/i,
  /^x{3,}/i, // xxxxxx1234
  /\.{3}|…/,
  /\b(YOUR|VOTRE|VOS)_/i,
  /^(A|À)_[A-Z]+ER$/, // A_REMPLACER
];

/** Matched against the value in lower case, without accents, with `_` and `-` as blanks. */
const PHRASES: readonly RegExp[] = [
  /\bchange ?(me|this|it)\b/,
  /\bchange ?moi\b/,
  /\bchangez( moi)?\b/,
  /\b(a|doit etre) (changer?|modifier?|remplacer?|definir|completer|remplir|generer|renseigner|saisir)\b/,
  /\bto ?be ?(changed|defined|replaced|generated|filled)\b/,
  /^(replace|remplacez?|modifiez|generate|generer|generez|genere|insert|inserez|inserer|enter|entrez|entrer|saisir|saisissez|mettre|mettez|renseigner|renseignez|fill in|put)\b/,
  /\bopenssl rand\b/,
  /\bmot de passe\b/,
  /^mdp\b/,
  new RegExp(`\\b(your|votre|vos|ton|my own|mon) (own |propre )?${NOUN}\\b`),
  /^(password|passwd|secret|token|jeton|cle|key)( .*)?$/,
  /^(adresse )?ip( (chez|de|du|des|at|of|from|here|ici|address|vps|publique).*)$/,
  /\bhebergeur\b/,
  / (ici|here)$/,
  /^(todo|tbd|fixme|placeholder|dummy|n\/a|none yet)\b/,
];

/**
 * True for what a template leaves to be filled in: `CHANGE_ME`, `YOUR_TOKEN`, `xxx`, `<ip>`, `MOT_DE_PASSE_FORT`,
 * `générer avec openssl`, `IP chez l'hébergeur`. A name that merely begins so (`your-holidays.example`) is not one.
 */
export function isPlaceholder(value: string): boolean {
  if (SHAPES.some((shape) => shape.test(value))) return true;
  const plain = value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[_-]+/g, ' ').trim();
  return PHRASES.some((phrase) => phrase.test(plain));
}

/** True where brackets are only a part of the value: it may be a real one, and its brackets are what is not taken. */
export function hasBracketsInside(value: string): boolean {
  const bare = value.trim();
  return !/^\$?([<[{]).*[>\]}]$/.test(bare) && BRACKETS.some((shape) => shape.test(bare));
}
