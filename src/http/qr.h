/*
 * QR codes: the image of a notice's address, to be printed on its pages.
 * Source: ISO/IEC 18004, by libqrencode.
 */
#ifndef TB_HTTP_QR_H
#define TB_HTTP_QR_H

#include "http/request.h"

/* Answers a request whose first parameter is a notice's number with an SVG: the address is
 * TIMEBANK_PUBLIC_URL, else the scheme and Host by which this request came. */
void tb_qr_respond(struct tb_request *request);

#endif
