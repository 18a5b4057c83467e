/** A domain that no configuration names: what holds for it holds for every domain of which nothing is said. */
export const ANY_DOMAIN = 'any.domain.invalid';
