// Why a certificate is refused: the codes of `lamsach.hcert.errors`, which has their sentences.

/** A certificate that does not pass; `code` is one of hcert's. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}
