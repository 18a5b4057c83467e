/** A database of this name is made to read a dump back, and dropped again. */
export const PROOF = 'ee_dump_proof';

/**
 * Shell functions around a database of MariaDB. What they need of memory does not grow with it.
 *
 * `ee_dump DATABASE FILE`: a compressed dump, whole or not at all.
 * `ee_load FILE DATABASE`: makes the database anew, with what the dump holds.
 * `ee_checksums DATABASE`: a line for each table, its name and the checksum of its rows; fails where a table has none.
 * `ee_proof FILE CHECKSUMS`: loads the dump beside, and compares every table.
 */
export const DUMP_FUNCTIONS = String.raw`
ee_dump() (
  umask 077
  # A pipe has the status of its last command; what the first one says of itself lies in a file.
  rm -f "$2" "$2.part" "$2.ended"
  { mariadb-dump --single-transaction --quick --routines --triggers --events --hex-blob --max-allowed-packet=1G --default-character-set=utf8mb4 "$1" &&
    : > "$2.ended"; } | gzip -c > "$2.part" && [ -e "$2.ended" ] && gzip -t "$2.part" &&
    gzip -dc "$2.part" | tail -n 1 | grep -q '^-- Dump completed' && sync "$2.part" && rm -f "$2.ended" && mv -T "$2.part" "$2" && return 0
  rm -f "$2.part" "$2.ended"
  echo "the dump of $1 did not come to its end"
  return 1
)
ee_anew() {
  printf 'DROP DATABASE IF EXISTS \140%s\140; CREATE DATABASE \140%s\140 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;' "$1" "$1" | mariadb
}
ee_load() {
  gzip -t "$1" && ee_anew "$2" && gzip -dc "$1" | mariadb --max-allowed-packet=1G --default-character-set=utf8mb4 "$2"
}
ee_checksums() {
  ee_tables=$(mariadb -N -r -e "SELECT CONCAT('CHECKSUM TABLE ', CHAR(96), table_schema, CHAR(96), '.', CHAR(96), table_name, CHAR(96), ';') FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE' ORDER BY table_name") || return 1
  ee_sums=$(printf '%s\n' "$ee_tables" | mariadb -N -r | sed 's/^[^.]*\.//') || return 1
  [ "$(printf '%s' "$ee_tables" | wc -l)" = "$(printf '%s' "$ee_sums" | wc -l)" ] || return 1
  case $ee_sums in *NULL*) echo "a table of $1 cannot be read" >&2; return 1 ;; esac
  printf '%s\n' "$ee_sums"
}
ee_same() {
  ee_now=$(ee_checksums "$1") && [ "$ee_now" = "$(cat "$2")" ]
}
ee_proof() {
  if ee_load "$1" ${PROOF} && ee_same ${PROOF} "$2"; then ee_good=yes; else ee_good=no; fi
  mariadb -e 'DROP DATABASE IF EXISTS ${PROOF}'
  [ "$ee_good" = yes ] || { echo "the dump, read back, does not hold what the database does"; return 1; }
}
`.trim();
