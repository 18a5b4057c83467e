/** A tar with the file `control` of PowerMTA 5.0r8 for amd64, as `xz -9` and as `zstd -19` compress it. */
export const XZ_CONTROL = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/ALRdABcLyOfZ5dHD1ZV9QtvcDlxs1FkS8hVsMefID/HLpE0wlUptntpFxqcXB6QBWmLg/VP53s0ZG4aaA+pWg2AuqANE6SJUzbjRMRkrXxTXpRdsMH0zum6Hw0fEn/i5sF1hvdyfuFX7jUK0I04SsFsJxbkXuGjqiNpkDg4eRgr7z74UrkDo7V/ktQSZs/HEZtU5hj4MNvSiu198fu8CTWBe2aNWLxUQWhzO9vJNw+eFcZQBnAkAAABCZpy0cIvv2gAB0AGAUAAAyXnubbHEZ/sCAAAAAARZWg==',
  'base64',
);

export const ZST_CONTROL = Buffer.from(
  'KLUv/WQAJ1UEANJHGRhwrQOAHEUGcI3ssuDy240B/2gI/Z+ulwKqoOydsfn9lque6KCPor8JEcWIBXIu/YMfm+eHKpyBtobsOB0qyj3kcOpoDcg457lEv9t1191PSZVXWxPWYmUlhsWsjBGsT/vLfgEQDSAQbVIPnoXhakkLVauYAvUMtWEI2P+bSbcCgYMC2E2qC+ZSdDM=',
  'base64',
);
