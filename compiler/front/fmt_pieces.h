/* SPDX-License-Identifier: MIT */
/* Between the parts of the formatter: a source as tokens and comments, and how they nest. */
#ifndef FP_FRONT_FMT_PIECES_H
#define FP_FRONT_FMT_PIECES_H

#include "front/parser.h"
#include "parse.tab.h"

#define FP_PIECE_COMMENT (-1)
#define FP_PIECE_NONE    SIZE_MAX

/*
 * A token or a comment. A block is a brace that holds statements, or the members of a set; other
 * brackets stand inside a statement.
 */
struct fp_piece {
	int kind; /* as of struct fp_token, or FP_PIECE_COMMENT */
	const char *text;
	size_t len;
	uint8_t lines;  /* newlines before it in the source; 2 for more */
	uint8_t breaks; /* those before it in the layout */
	bool starts;    /* the first of a statement */
	bool inside;    /* of a statement, and not directly in a set's braces */
	bool is_block;  /* of a brace */
	bool is_wide;   /* of an opening block brace: its content is not on its line */
	size_t mate;    /* of a bracket: the other one; of a start: the statement's last token */
	size_t parent;  /* the innermost open bracket, or FP_PIECE_NONE */
	size_t pad;     /* blanks before it that align it, beyond the usual one */
};

struct fp_pieces {
	FP_VEC(struct fp_piece) list;
};

/* The source must parse. */
void fp_pieces_scan(struct fp_unit *u, const struct fp_source *src, struct fp_pieces *out);

/* Fills starts, inside, is_block, mate and parent. */
void fp_pieces_nest(struct fp_pieces *p);

bool fp_pieces_are_equal(const struct fp_pieces *a, const struct fp_pieces *b);

/* Code points. */
size_t fp_piece_width(const struct fp_piece *p);

#endif
