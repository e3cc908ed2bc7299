/* SPDX-License-Identifier: MIT */
/* The grammar of policies: tokens to syntax nodes. grammar.md is the same grammar for people. */
%code requires {
#include "front/parser.h"
}
%define api.pure full
%define api.prefix {fp_yy}
%define api.token.prefix {FP_T_}
%define api.value.type {union fp_token_value}
%define api.location.type {struct fp_span}
%define parse.error custom
/*
 * Canonical LR(1): an error is seen before the wrong token changes any state, and the list of what
 * could stand there is exact. Reductions that need no look-ahead are still done at once, so that
 * blocks are open (fp_parser_open) and can take an error before their first token is read.
 */
%define lr.type canonical-lr
%define lr.default-reduction consistent
%locations
%expect 0
%param {struct fp_parser *p}
%initial-action { @$ = (struct fp_span){ p->src->base, p->src->base }; }

%code provides {
enum { FP_T_ERROR = FP_T_FP_YYerror };

/* What the user calls a token; a keyword by its word. */
const char *fp_token_name(int kind);
}
%code {
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-label"

int fp_yylex(union fp_token_value *value, struct fp_span *span, struct fp_parser *p);
static void fp_yyerror(const struct fp_span *span, struct fp_parser *p, const char *message);

/* The stack never grows: it would need malloc. 2,000 levels hold FP_PARSE_DEPTH nested groups. */
#define YYINITDEPTH 2000
#define YYMAXDEPTH  YYINITDEPTH

#define YYLLOC_DEFAULT(current, rhs, n)                                                   \
	do {                                                                              \
		(current).begin = (n) ? YYRHSLOC(rhs, 1).begin : YYRHSLOC(rhs, 0).end;    \
		(current).end = (n) ? YYRHSLOC(rhs, n).end : YYRHSLOC(rhs, 0).end;        \
	} while (0)

/* Short hands of the actions. A rule's span ends before its semicolon: UPTO(last symbol). */
#define NEW(kind, span)              fp_ast_new(p, FP_AST_##kind, span)
#define NAMED(kind, span, str, at)   fp_ast_named(p, FP_AST_##kind, span, str, at)
#define TEXTED(kind, span, from)     fp_ast_texted(p, FP_AST_##kind, span, from)
#define LIST(first)                  fp_ast_push(p, fp_ast_new(p, FP_AST_N, (struct fp_span){ 0, 0 }), first)
#define PUSH(node, kid)              fp_ast_push(p, node, kid)
#define SPLICE(node, list)           fp_ast_splice(p, node, list)
#define UPTO(last)                   ((struct fp_span){ yyloc.begin, (last).end })
}

%token END 0 "end of file"
%token <str> WORD "a name"
%token <node> NUMBER "a number" DECIMAL "a decimal number" SIZE "a size" DURATION "a duration"
%token <node> RATE "a rate" DATE "a date" TEXT "a string" PATH "a path" PREFIX "an address"
%token <node> SETNAME "a set" REFERENCE "a parameter"
%token DOTDOT ".."
%token <str> EQ "==" NE "!=" LE "<=" GE ">=" LT "<" GT ">"
/* A closing brace inside a statement, as after `in {`; the token source tells it from a block's. */
%token END_SET "}"

%token <str> K_ABI "abi"  K_ACCEPT "accept"  K_AFTER "after"  K_ALLOW "allow"  K_ALLOWED "allowed"
	K_AND "and"  K_ANY "any"  K_AUDIT "audit"  K_BECAUSE "because"
	K_BEST_EFFORT "best-effort"  K_BIND "bind"  K_BLOCK "block"  K_BY "by"
	K_CAPABILITIES "capabilities"  K_CAPABILITY "capability"  K_CGROUP "cgroup"  K_CHAR "char"
	K_CONNECT "connect"  K_CONST "const"  K_CORE "core"  K_CPU "cpu"  K_CPU_SET "cpu-set"
	K_CPU_WEIGHT "cpu-weight"  K_CRITICAL "critical"  K_DATA "data"  K_DEFAULT "default"
	K_DENIED "denied"  K_DENY "deny"  K_DEV "dev"  K_DEVICES "devices"  K_DEVPTS "devpts"
	K_DIGEST "digest"  K_EGRESS "egress"  K_ERRNO "errno"  K_EXPECT "expect"
	K_EXTENDS "extends"  K_FILE_SIZE "file-size"  K_FILES "files"  K_FROM "from"
	K_GROUPS "groups"  K_HAS "has"  K_HIGH "high"  K_HOST "host"  K_HUGETLB "hugetlb"
	K_IN "in"  K_INGRESS "ingress"  K_INODES "inodes"  K_IO "io"  K_IO_WEIGHT "io-weight"
	K_KILL "kill"  K_KILL_GROUP "kill-group"  K_KILL_THREAD "kill-thread"  K_LACKS "lacks"
	K_LANGUAGE "language"  K_LAYER "layer"  K_LIMITS "limits"  K_LINUX "linux"
	K_LOCKED "locked"  K_LOCKED_MEMORY "locked-memory"  K_LOG "log"  K_LOW "low"  K_MAP "map"
	K_MASK "mask"  K_MEMORY "memory"  K_MODE "mode"  K_MOUNTS "mounts"  K_MQUEUE "mqueue"
	K_NAMESPACES "namespaces"  K_NEVER "never"  K_NEW "new"  K_NEW_PRIVILEGES "new-privileges"
	K_NO_NEW_PRIVILEGES "no-new-privileges"  K_NOATIME "noatime"  K_NODEV "nodev"
	K_NOEXEC "noexec"  K_NONE "none"  K_NOSUID "nosuid"  K_NOSYMFOLLOW "nosymfollow"
	K_NOT "not"  K_NOTIFY "notify"  K_OF "of"  K_ON "on"  K_ONLY "only"  K_OOM "oom"
	K_OPEN_FILES "open-files"  K_OR "or"  K_OWNER "owner"  K_PARAM "param"  K_PIDS "pids"
	K_POLICY "policy"  K_PORT "port"  K_PROC "proc"  K_PROCESS "process"  K_QUOTA "quota"
	K_READ "read"  K_READ_OPS "read-ops"  K_READONLY "readonly"  K_RECURSIVE "recursive"
	K_ROOT "root"  K_SET "set"  K_SIZE "size"  K_STACK "stack"  K_SWAP "swap"
	K_SYSCALLS "syscalls"  K_SYSFS "sysfs"  K_TARGETS "targets"  K_TEST "test"  K_TIER "tier"
	K_TMPFS "tmpfs"  K_TO "to"  K_TRACE "trace"  K_TRAP "trap"  K_UMASK "umask"
	K_UNENFORCED "unenforced"  K_UNKNOWN "unknown"  K_UNLIMITED "unlimited"  K_UNTIL "until"
	K_USE "use"  K_USER "user"  K_USERS "users"  K_VERSION "version"  K_WAIVE "waive"
	K_WALL_CLOCK "wall-clock"  K_WHERE "where"  K_WIDEN "widen"  K_WITHIN "within"
	K_WORKING_DIRECTORY "working-directory"  K_WRITABLE "writable"  K_WRITE "write"
	K_WRITE_OPS "write-ops"

%type <str> word operand plain clause_word operator_word verb comparison plain_option
%type <str> allow_or_deny root_mode new_or_host users_or_groups filesystem char_or_block
%type <str> bytes_limit count_limit memory_bound
%type <node> items item use digest param param_value const set set_kind set_body members member
%type <node> policy policy_head extends within policy_names statements statement targets
%type <node> section sections widen widen_end waive waive_place tests test_statement
%type <node> tail tail_item names name number_list default
%type <node> syscalls_body syscalls_statement after answer errno calls call parameters
%type <node> clauses clause condition disjuncts conjunction conjuncts negation relation
%type <node> choices choice flags flag_list bits bit_list expression primary signed_number
%type <node> capabilities_body capabilities_statement process_body process_statement user_groups
%type <node> namespaces_body namespaces_statement mounts_body mounts_statement
%type <node> held held_one options option_list option paths path files_body files_statement
%type <node> devices_body devices_statement devices device device_path
%type <node> egress_body egress_statement ingress_body ingress_statement origins
%type <node> map_to peers peer any ports port_list port port_number
%type <node> limits_body limits_statement memory_more cpu_amount bytes count time unlimited
%type <node> oom_answer io_device io_options io_option audit_body audit_statement
%type <node> subjects subject subject_port subject_where values value_list value value_bits value_primary
%type <flag> critical

%%

file: items ;

items:
	%empty { $$ = p->file; }
	| items item { $$ = PUSH($1, $2); }
	;

item:
	"language" NUMBER ';' { $$ = NEW(LANGUAGE, UPTO(@2)); $$->value = $2->value; }
	| use
	| param
	| const
	| set
	| policy
	| error ';' { $$ = NULL; yyerrok; }
	;

use: "use" TEXT digest ';' { $$ = PUSH(TEXTED(USE, UPTO(@3), $2), $3); } ;

digest:
	%empty { $$ = NULL; }
	| "digest" TEXT { $$ = TEXTED(DIGEST, @$, $2); }
	;

param:
	"param" word ':' word param_value ';' {
		$$ = PUSH(NAMED(PARAM, UPTO(@5), $2, @2), $5);
		$$->text = $4;
	}
	;

param_value:
	%empty { $$ = NULL; }
	| '=' signed_number { $$ = $2; }
	| '=' TEXT { $$ = $2; }
	| '=' PREFIX { $$ = $2; }
	| '=' SIZE { $$ = $2; }
	| '=' name { $$ = $2; }
	;

const: "const" word '=' bits ';' { $$ = PUSH(NAMED(CONST, UPTO(@4), $2, @2), $4); } ;

set:
	"set" SETNAME set_kind open set_body close optional_semicolon {
		$$ = SPLICE(NAMED(SET, UPTO(@6), $2->name, @2), $5);
		if ($3)
			$$->text = $3->name;
	}
	;

set_kind:
	%empty { $$ = NULL; }
	| "of" name { $$ = $2; }
	;

set_body:
	%empty { $$ = NULL; }
	| members optional_comma { $$ = $1; }
	| error { $$ = NULL; }
	;

members:
	member { $$ = LIST($1); }
	| members ',' member { $$ = PUSH($1, $3); }
	;

member: name | SETNAME | TEXT | PREFIX | NUMBER ;

optional_comma: %empty | ',' ;

optional_semicolon: %empty | ';' ;

open: '{' { fp_parser_open(p); yyerrok; } ;

close: '}' { fp_parser_close(p); yyerrok; } ;

/* The end of a block of statements, also where the last one is broken off. */
block_end: close | error close ;

policy:
	"policy" policy_head open statements block_end {
		$$ = fp_ast_policy(p, $2, $4, @$, 0);
	}
	| "locked" "policy" policy_head open statements block_end {
		$$ = fp_ast_policy(p, $3, $5, @$, FP_AST_FLAG_LOCKED);
	}
	;

policy_head:
	word extends within { $$ = SPLICE(PUSH(NAMED(POLICY, @$, $1, @1), $2), $3); }
	| error { $$ = NULL; }
	;

extends:
	%empty { $$ = NULL; }
	| "extends" word { $$ = NAMED(EXTENDS, @$, $2, @2); }
	;

within:
	%empty { $$ = NULL; }
	| "within" policy_names { $$ = $2; }
	;

policy_names:
	word { $$ = LIST(NAMED(WITHIN, @1, $1, @1)); }
	| policy_names ',' word { $$ = PUSH($1, NAMED(WITHIN, @3, $3, @3)); }
	;

statements:
	%empty { $$ = LIST(NULL); }
	| statements statement { $$ = PUSH($1, $2); }
	;

statement:
	"version" TEXT ';' { $$ = TEXTED(VERSION, UPTO(@2), $2); }
	| "owner" TEXT ';' { $$ = TEXTED(OWNER, UPTO(@2), $2); }
	| "tier" word ';' { $$ = NAMED(TIER, UPTO(@2), $2, @2); }
	| targets
	| section
	| widen
	| "layer" word "best-effort" tail ';' { $$ = PUSH(NAMED(LAYER, UPTO(@4), $2, @2), $4); }
	| "never" subjects critical tail ';' {
		$$ = PUSH(SPLICE(NEW(NEVER, UPTO(@4)), $2), $4);
		$$->flags = $3;
	}
	| "expect" subjects tail ';' { $$ = PUSH(SPLICE(NEW(EXPECT, UPTO(@3)), $2), $3); }
	| "test" open tests block_end { $$ = SPLICE(NEW(TEST, @$), $3); }
	| waive
	| error ';' { $$ = NULL; yyerrok; }
	;

targets: "targets" names ';' { $$ = SPLICE(NEW(TARGETS, UPTO(@2)), $2); } ;

widen: "widen" open sections block_end widen_end { $$ = PUSH(SPLICE(NEW(WIDEN, UPTO(@5)), $3), $5); } ;

widen_end:
	%empty { $$ = NEW(TAIL, @$); }
	| tail ';' { $$ = $1; }
	| tail tail_item error { $$ = fp_ast_tail(p, $1, $2); }
	;

sections:
	%empty { $$ = LIST(NULL); }
	| sections section { $$ = PUSH($1, $2); }
	| sections error ';' { $$ = $1; yyerrok; }
	;

critical:
	%empty { $$ = 0; }
	| "critical" { $$ = FP_AST_FLAG_CRITICAL; }
	;

tests:
	%empty { $$ = LIST(NULL); }
	| tests test_statement { $$ = PUSH($1, $2); }
	;

test_statement:
	"allow" subjects ';' { $$ = SPLICE(NEW(TEST_ALLOW, UPTO(@2)), $2); }
	| "deny" subjects ';' { $$ = SPLICE(NEW(TEST_DENY, UPTO(@2)), $2); }
	| error ';' { $$ = NULL; yyerrok; }
	;

waive:
	"waive" word waive_place tail ';' {
		$$ = PUSH(NAMED(WAIVE, UPTO(@4), $2, @2), $4);
		if ($3)
			$$->text = $3->name;
	}
	;

waive_place:
	%empty { $$ = NULL; }
	| "on" name { $$ = $2; }
	;

tail:
	%empty { $$ = NEW(TAIL, @$); }
	| tail tail_item { $$ = fp_ast_tail(p, $1, $2); }
	;

tail_item:
	"because" TEXT { $$ = TEXTED(BECAUSE, @$, $2); }
	| "until" DATE { $$ = TEXTED(UNTIL, @$, $2); }
	| "accept" "unenforced" "because" TEXT { $$ = TEXTED(ACCEPT, @$, $4); }
	| "by" TEXT { $$ = TEXTED(BY, @$, $2); }
	;

names:
	name { $$ = LIST($1); }
	| names ',' name { $$ = PUSH($1, $3); }
	;

name: word { $$ = NAMED(NAME, @$, $1, @1); } ;

section:
	"syscalls" open syscalls_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "capabilities" open capabilities_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "process" open process_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "namespaces" open namespaces_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "mounts" open mounts_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "files" open files_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "egress" open egress_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "ingress" open ingress_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "devices" open devices_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "limits" open limits_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	| "audit" open audit_body block_end { $$ = SPLICE(NAMED(SECTION, @$, $1, @1), $3); }
	;

default:
	"default" allow_or_deny tail ';' { $$ = PUSH(NAMED(DEFAULT, UPTO(@3), $2, @2), $3); }
	;

allow_or_deny: "allow" | "deny" ;

/* syscalls */

syscalls_body:
	%empty { $$ = LIST(NULL); }
	| syscalls_body syscalls_statement { $$ = PUSH($1, $2); }
	;

syscalls_statement:
	"default" verb answer tail ';' { $$ = PUSH(PUSH(NAMED(DEFAULT, UPTO(@4), $2, @2), $3), $4); }
	| "unknown" after verb answer tail ';' {
		$$ = PUSH(PUSH(PUSH(NAMED(UNKNOWN, UPTO(@5), $3, @3), $2), $4), $5);
	}
	| "abi" names tail ';' { $$ = PUSH(SPLICE(NEW(ABI, UPTO(@3)), $2), $3); }
	| verb calls clauses tail ';' {
		$$ = SPLICE(NAMED(CALLS, UPTO(@4), $1, @1), $2);
		$$ = PUSH(SPLICE($$, $3), $4);
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

verb: "allow" | "deny" | "kill" | "kill-thread" | "trap" | "notify" | "trace" | "log" ;

after:
	%empty { $$ = NULL; }
	| "after" "linux" DECIMAL { $$ = TEXTED(AFTER, @$, $3); }
	;

answer:
	%empty { $$ = NULL; }
	| errno
	;

errno:
	"errno" name { $$ = PUSH(NAMED(ERRNO, @$, $1, @1), $2); }
	| "errno" NUMBER { $$ = PUSH(NAMED(ERRNO, @$, $1, @1), $2); }
	| "data" NUMBER { $$ = PUSH(NAMED(ERRNO, @$, $1, @1), $2); }
	;

calls:
	call { $$ = LIST($1); }
	| calls ',' call { $$ = PUSH($1, $3); }
	;

call:
	word { $$ = NAMED(CALL, @$, $1, @1); }
	| word '(' parameters ')' { $$ = SPLICE(NAMED(CALL, @$, $1, @1), $3); }
	| SETNAME
	;

parameters:
	%empty { $$ = NULL; }
	| names
	;

clauses:
	%empty { $$ = LIST(NULL); }
	| clauses clause { $$ = fp_ast_clause(p, $1, $2); }
	;

clause:
	errno
	| "where" condition { $$ = PUSH(NEW(WHERE, @$), $2); }
	;

/* conditions */

condition:
	conjunction
	| disjuncts
	;

disjuncts:
	conjunction "or" conjunction { $$ = PUSH(PUSH(NEW(OR, @$), $1), $3); }
	| disjuncts "or" conjunction { $$ = PUSH($1, $3); $$->span = @$; }
	;

conjunction:
	negation
	| conjuncts
	;

conjuncts:
	negation "and" negation { $$ = PUSH(PUSH(NEW(AND, @$), $1), $3); }
	| conjuncts "and" negation { $$ = PUSH($1, $3); $$->span = @$; }
	;

negation:
	relation
	| "not" negation { $$ = PUSH(NEW(NOT, @$), $2); }
	| '(' condition ')' { $$ = $2; }
	;

relation:
	expression comparison expression { $$ = PUSH(PUSH(NAMED(COMPARE, @$, $2, @2), $1), $3); }
	| expression "in" '{' choices optional_comma END_SET {
		$$ = SPLICE(PUSH(NEW(IN, @$), $1), $4);
	}
	| expression "not" "in" '{' choices optional_comma END_SET {
		$$ = SPLICE(PUSH(NEW(IN, @$), $1), $5);
		$$->flags = FP_AST_FLAG_NEGATED;
	}
	| expression "has" flags { $$ = PUSH(PUSH(NEW(HAS, @$), $1), $3); }
	| expression "lacks" flags { $$ = PUSH(PUSH(NEW(LACKS, @$), $1), $3); }
	| expression "only" flags { $$ = PUSH(PUSH(NEW(ONLY, @$), $1), $3); }
	;

comparison: "==" | "!=" | "<" | "<=" | ">" | ">=" ;

choices:
	choice { $$ = LIST($1); }
	| choices ',' choice { $$ = PUSH($1, $3); }
	;

choice:
	expression
	| expression ".." expression { $$ = PUSH(PUSH(NEW(RANGE, @$), $1), $3); }
	;

flags:
	bits
	| '{' flag_list optional_comma END_SET { $$ = $2; $$->span = @$; }
	;

flag_list:
	expression { $$ = PUSH(NEW(BITOR, @$), $1); }
	| flag_list ',' expression { $$ = PUSH($1, $3); }
	;

bits:
	expression
	| bit_list
	;

bit_list:
	expression '|' expression { $$ = PUSH(PUSH(NEW(BITOR, @$), $1), $3); }
	| bit_list '|' expression { $$ = PUSH($1, $3); $$->span = @$; }
	;

expression:
	primary
	| expression '&' primary { $$ = PUSH(PUSH(NEW(BITAND, @$), $1), $3); }
	;

primary:
	operand { $$ = NAMED(NAME, @$, $1, @1); }
	| signed_number
	| SETNAME
	| '~' primary { $$ = PUSH(NEW(BITNOT, @$), $2); }
	| '(' bits ')' { $$ = $2; }
	;

signed_number:
	NUMBER
	| '-' NUMBER { $$ = $2; $$->flags = FP_AST_FLAG_NEGATIVE; $$->span = @$; }
	;

/* capabilities, process, namespaces */

capabilities_body:
	%empty { $$ = LIST(NULL); }
	| capabilities_body capabilities_statement { $$ = PUSH($1, $2); }
	;

capabilities_statement:
	"none" tail ';' { $$ = PUSH(NEW(NONE, UPTO(@2)), $2); }
	| "allow" held tail ';' { $$ = PUSH(SPLICE(NAMED(CAPS, UPTO(@3), $1, @1), $2), $3); }
	| error ';' { $$ = NULL; yyerrok; }
	;

held:
	held_one { $$ = LIST($1); }
	| held ',' held_one { $$ = PUSH($1, $3); }
	;

held_one: name | SETNAME ;

process_body:
	%empty { $$ = LIST(NULL); }
	| process_body process_statement { $$ = PUSH($1, $2); }
	;

process_statement:
	"user" NUMBER ':' NUMBER user_groups tail ';' {
		$$ = PUSH(PUSH(NEW(USER, UPTO(@6)), $2), $4);
		$$ = PUSH(SPLICE($$, $5), $6);
	}
	| "no-new-privileges" tail ';' {
		$$ = PUSH(NEW(NEW_PRIVILEGES, UPTO(@2)), $2);
		$$->flags = FP_AST_FLAG_NEGATED;
	}
	| "new-privileges" tail ';' { $$ = PUSH(NEW(NEW_PRIVILEGES, UPTO(@2)), $2); }
	| "umask" NUMBER tail ';' { $$ = PUSH(PUSH(NEW(UMASK, UPTO(@3)), $2), $3); }
	| "working-directory" TEXT tail ';' { $$ = PUSH(PUSH(NEW(WORKDIR, UPTO(@3)), $2), $3); }
	| error ';' { $$ = NULL; yyerrok; }
	;

user_groups:
	%empty { $$ = NULL; }
	| "groups" number_list { $$ = $2; }
	;

number_list:
	NUMBER { $$ = LIST($1); }
	| number_list ',' NUMBER { $$ = PUSH($1, $3); }
	;

namespaces_body:
	%empty { $$ = LIST(NULL); }
	| namespaces_body namespaces_statement { $$ = PUSH($1, $2); }
	;

namespaces_statement:
	new_or_host names tail ';' { $$ = PUSH(SPLICE(NAMED(NAMESPACES, UPTO(@3), $1, @1), $2), $3); }
	| "map" users_or_groups NUMBER ".." NUMBER "to" map_to tail ';' {
		struct fp_span range = { @3.begin, @5.end };
		$$ = PUSH(NAMED(MAP, UPTO(@8), $2, @2), PUSH(PUSH(NEW(RANGE, range), $3), $5));
		$$ = PUSH(PUSH($$, $7), $8);
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

new_or_host: "new" | "host" ;

map_to: NUMBER | REFERENCE ;

users_or_groups: "users" | "groups" ;

/* mounts */

mounts_body:
	%empty { $$ = LIST(NULL); }
	| mounts_body mounts_statement { $$ = PUSH($1, $2); }
	;

mounts_statement:
	"root" root_mode tail ';' { $$ = PUSH(NAMED(ROOT, UPTO(@3), $2, @2), $3); }
	| "bind" TEXT "on" TEXT options tail ';' {
		$$ = PUSH(PUSH(NAMED(MOUNT, UPTO(@6), $1, @1), $2), $4);
		$$ = PUSH(SPLICE($$, $5), $6);
	}
	| filesystem "on" TEXT options tail ';' {
		$$ = PUSH(NAMED(MOUNT, UPTO(@5), $1, @1), $3);
		$$ = PUSH(SPLICE($$, $4), $5);
	}
	| "mask" paths tail ';' { $$ = PUSH(SPLICE(NEW(MASK, UPTO(@3)), $2), $3); }
	| "readonly" paths tail ';' { $$ = PUSH(SPLICE(NEW(READONLY, UPTO(@3)), $2), $3); }
	| error ';' { $$ = NULL; yyerrok; }
	;

root_mode: "readonly" | "writable" ;

filesystem: "tmpfs" | "proc" | "sysfs" | "dev" | "devpts" | "mqueue" | "cgroup" ;

options:
	%empty { $$ = NULL; }
	| option_list
	;

option_list:
	option { $$ = LIST($1); }
	| option_list ',' option { $$ = PUSH($1, $3); }
	;

option:
	plain_option { $$ = NAMED(OPTION, @$, $1, @1); }
	| "size" SIZE { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "size" NUMBER { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "quota" SIZE { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "inodes" NUMBER { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "mode" NUMBER { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	;

plain_option:
	"readonly" | "nosuid" | "nodev" | "noexec" | "recursive" | "nosymfollow" | "noatime"
	;

/* files, devices */

paths:
	path { $$ = LIST($1); }
	| paths ',' path { $$ = PUSH($1, $3); }
	;

path: TEXT | SETNAME ;

files_body:
	%empty { $$ = LIST(NULL); }
	| files_body files_statement { $$ = PUSH($1, $2); }
	;

files_statement:
	default
	| allow_or_deny names paths tail ';' {
		$$ = SPLICE(NAMED(RIGHTS, UPTO(@4), $1, @1), $2);
		$$ = PUSH(SPLICE($$, $3), $4);
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

devices_body:
	%empty { $$ = LIST(NULL); }
	| devices_body devices_statement { $$ = PUSH($1, $2); }
	;

devices_statement:
	default
	| allow_or_deny names devices tail ';' {
		$$ = SPLICE(NAMED(RIGHTS, UPTO(@4), $1, @1), $2);
		$$ = PUSH(SPLICE($$, $3), $4);
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

devices:
	device { $$ = LIST($1); }
	| devices ',' device { $$ = PUSH($1, $3); }
	;

device:
	device_path { $$ = TEXTED(DEVICE, @$, $1); }
	| device_path char_or_block NUMBER ':' NUMBER {
		$$ = TEXTED(DEVICE, @$, $1);
		$$->name = $2;
		$$->name_span = @2;
		$$ = PUSH(PUSH($$, $3), $5);
	}
	;

device_path: PATH | TEXT ;

char_or_block: "char" | "block" ;

/* egress, ingress */

egress_body:
	%empty { $$ = LIST(NULL); }
	| egress_body egress_statement { $$ = PUSH($1, $2); }
	;

egress_statement:
	default
	| allow_or_deny word "to" peers ports tail ';' {
		$$ = SPLICE(NAMED(NET, UPTO(@6), $1, @1), $4);
		$$ = PUSH(SPLICE($$, $5), $6);
		$$->text = $2;
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

ingress_body:
	%empty { $$ = LIST(NULL); }
	| ingress_body ingress_statement { $$ = PUSH($1, $2); }
	;

ingress_statement:
	default
	| allow_or_deny word origins ports tail ';' {
		$$ = SPLICE(NAMED(NET, UPTO(@5), $1, @1), $3);
		$$ = PUSH(SPLICE($$, $4), $5);
		$$->text = $2;
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

origins:
	%empty { $$ = NULL; }
	| "from" peers { $$ = $2; }
	;

peers:
	peer { $$ = LIST($1); }
	| peers ',' peer { $$ = PUSH($1, $3); }
	;

peer: PREFIX | SETNAME | REFERENCE | any ;

any: "any" { $$ = NAMED(NAME, @$, $1, @1); } ;

ports:
	%empty { $$ = NULL; }
	| "port" port_list { $$ = $2; }
	;

port_list:
	port { $$ = LIST($1); }
	| port_list ',' port { $$ = PUSH($1, $3); }
	;

port:
	port_number { $$ = PUSH(NEW(PORT, @$), $1); }
	| port_number ".." port_number { $$ = PUSH(NEW(PORT, @$), PUSH(PUSH(NEW(RANGE, @$), $1), $3)); }
	| any { $$ = PUSH(NEW(PORT, @$), $1); }
	;

port_number: NUMBER | REFERENCE ;

/* limits: a body takes lists, for `memory A high B` is two limits */

limits_body:
	%empty { $$ = LIST(NULL); }
	| limits_body limits_statement { $$ = SPLICE($1, $2); }
	;

limits_statement:
	"cpu" cpu_amount tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| "memory" bytes memory_more tail ';' {
		$$ = SPLICE(LIST(PUSH(NAMED(LIMIT, UPTO(@4), $1, @1), $2)), $3);
		fp_ast_share_tail(p, $$, $4);
	}
	| bytes_limit bytes tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| count_limit count tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| "wall-clock" time tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| "cpu-set" TEXT tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| "oom" oom_answer tail ';' { $$ = LIST(PUSH(PUSH(NAMED(LIMIT, UPTO(@3), $1, @1), $2), $3)); }
	| "io" TEXT io_device io_options tail ';' {
		struct fp_ast *io = PUSH(NEW(IO, UPTO(@5)), $2);
		if ($3) {
			io->name = $3->name;
			io->name_span = $3->name_span;
		}
		$$ = LIST(PUSH(SPLICE(SPLICE(io, $3), $4), $5));
	}
	| error ';' { $$ = NULL; yyerrok; }
	;

memory_more:
	%empty { $$ = NULL; }
	| memory_more memory_bound bytes {
		const struct fp_token word = { .span = @2, .value.str = $2 };
		$$ = fp_ast_memory_bound(p, $1, &word, $3);
	}
	;

memory_bound: "high" | "low" ;

bytes_limit: "swap" | "file-size" | "core" | "stack" | "locked-memory" | "hugetlb" ;

count_limit: "pids" | "open-files" | "cpu-weight" | "io-weight" ;

cpu_amount: NUMBER | DECIMAL | unlimited ;

bytes: SIZE | NUMBER | REFERENCE | unlimited ;

count: NUMBER | REFERENCE | unlimited ;

time: DURATION | unlimited ;

unlimited: "unlimited" { $$ = NAMED(NAME, @$, $1, @1); } ;

oom_answer: "kill-group" { $$ = NAMED(NAME, @$, $1, @1); } ;

io_device:
	%empty { $$ = NULL; }
	| "block" NUMBER ':' NUMBER { $$ = PUSH(PUSH(NAMED(DEVICE, @$, $1, @1), $2), $4); }
	;

io_options:
	io_option { $$ = LIST($1); }
	| io_options io_option { $$ = PUSH($1, $2); }
	;

io_option:
	"read" RATE { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "write" RATE { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "read-ops" NUMBER { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	| "write-ops" NUMBER { $$ = PUSH(NAMED(OPTION, @$, $1, @1), $2); }
	;

/* audit */

audit_body:
	%empty { $$ = LIST(NULL); }
	| audit_body audit_statement { $$ = PUSH($1, $2); }
	;

audit_statement:
	"denied" tail ';' { $$ = PUSH(NEW(AUDIT_DENIED, UPTO(@2)), $2); }
	| "allowed" calls tail ';' { $$ = PUSH(SPLICE(NEW(AUDIT_ALLOWED, UPTO(@3)), $2), $3); }
	| error ';' { $$ = NULL; yyerrok; }
	;

/* what assertions and tests speak of */

subjects:
	subject { $$ = LIST($1); }
	| subjects ',' subject { $$ = PUSH($1, $3); }
	;

subject:
	word subject_where { $$ = PUSH(NAMED(SUBJECT_CALL, @$, $1, @1), $2); }
	| word '(' values ')' subject_where {
		$$ = PUSH(SPLICE(NAMED(SUBJECT_CALL, @$, $1, @1), $3), $5);
	}
	| SETNAME { $$ = NAMED(SUBJECT_CALL, @$, $1->name, @1); }
	| word TEXT { $$ = PUSH(NAMED(SUBJECT_PATH, @$, $1, @1), $2); }
	| "egress" "to" peer subject_port {
		$$ = fp_ast_net_subject(p, NAMED(SUBJECT_NET, @$, $1, @1), NULL, $3, $4);
	}
	| "egress" plain "to" peer subject_port {
		$$ = fp_ast_net_subject(p, NAMED(SUBJECT_NET, @$, $1, @1), $2, $4, $5);
	}
	| "connect" plain "to" peer subject_port {
		const struct fp_str *egress = fp_name(p->u, "egress");
		$$ = fp_ast_net_subject(p, NAMED(SUBJECT_NET, @$, egress, @1), $2, $4, $5);
	}
	| "ingress" "from" peer subject_port {
		$$ = fp_ast_net_subject(p, NAMED(SUBJECT_NET, @$, $1, @1), NULL, $3, $4);
	}
	| "ingress" plain "from" peer subject_port {
		$$ = fp_ast_net_subject(p, NAMED(SUBJECT_NET, @$, $1, @1), $2, $4, $5);
	}
	| "capability" plain { $$ = NAMED(SUBJECT_CAP, @$, $2, @2); }
	;

subject_port:
	%empty { $$ = NULL; }
	| "port" port { $$ = $2; }
	;

subject_where:
	%empty { $$ = NULL; }
	| "where" condition { $$ = PUSH(NEW(WHERE, @$), $2); }
	;

values:
	%empty { $$ = NULL; }
	| value_list
	;

value_list:
	value { $$ = LIST($1); }
	| value_list ',' value { $$ = PUSH($1, $3); }
	;

value:
	TEXT
	| value_primary
	| value_bits
	;

value_bits:
	value_primary '|' value_primary { $$ = PUSH(PUSH(NEW(BITOR, @$), $1), $3); }
	| value_bits '|' value_primary { $$ = PUSH($1, $3); $$->span = @$; }
	;

value_primary:
	name
	| signed_number
	;

/*
 * Words. Every keyword is a name where a name may stand; the groups exist because a condition cannot
 * take its own operators for names, nor an assertion the words that may follow its subject.
 */

word: plain | clause_word | operator_word ;

operand: plain | clause_word ;

plain:
	WORD | "abi" | "after" | "allow" | "allowed" | "any" | "audit" | "best-effort" | "bind"
	| "block" | "capabilities" | "capability" | "cgroup" | "char" | "connect" | "const"
	| "core" | "cpu" | "cpu-set" | "cpu-weight" | "data" | "default" | "denied" | "deny"
	| "dev" | "devices" | "devpts" | "digest" | "egress" | "errno" | "expect" | "extends"
	| "file-size" | "files" | "groups" | "high" | "host" | "hugetlb" | "ingress" | "inodes"
	| "io" | "io-weight" | "kill" | "kill-group" | "kill-thread" | "language" | "layer"
	| "limits" | "linux" | "locked" | "locked-memory" | "log" | "low" | "map" | "mask"
	| "memory" | "mode" | "mounts" | "mqueue" | "namespaces" | "never" | "new"
	| "new-privileges" | "no-new-privileges" | "noatime" | "nodev" | "noexec" | "none"
	| "nosuid" | "nosymfollow" | "notify" | "of" | "on" | "oom" | "open-files" | "owner"
	| "param" | "pids" | "policy" | "proc" | "process" | "quota" | "read" | "read-ops"
	| "readonly" | "recursive" | "root" | "set" | "size" | "stack" | "swap" | "syscalls"
	| "sysfs" | "targets" | "test" | "tier" | "tmpfs" | "trace" | "trap" | "umask"
	| "unenforced" | "unknown" | "unlimited" | "use" | "user" | "users" | "version"
	| "waive" | "wall-clock" | "widen" | "within" | "working-directory" | "writable"
	| "write" | "write-ops"
	;

clause_word:
	"where" | "critical" | "because" | "until" | "accept" | "by" | "to" | "from" | "port"
	;

operator_word:
	"or" | "and" | "not" | "in" | "has" | "lacks" | "only"
	;

%%

/* The stack is full, which only nesting does: nothing else is deep. */
static void fp_yyerror(const struct fp_span *span, struct fp_parser *p, const char *message)
{
	(void)message;
	fp_parser_too_deep(p, *span);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct fp_parser *p)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *names[YYNTOKENS];
	int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);

	for (int i = 0; i < n; i++)
		names[i] = yysymbol_name(kinds[i]);
	fp_parser_report(p, names, n > 0 ? (size_t)n : 0);
	return 0;
}

const char *fp_token_name(int kind)
{
	return yysymbol_name(YYTRANSLATE(kind));
}
