/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include <string.h>
#include <yaml.h>

/* A list or mapping whose end has not come yet. */
struct opened {
    struct node *node;
    struct node **end; /* where its next child goes */
};

struct builder {
    struct arena *arena;
    const char *name;
    struct complaint *why;
    struct node *root;
    struct opened opened[DOCUMENT_DEPTH_MAX];
    size_t depth, n_nodes, n_documents;
};

static int refuse(const struct builder *builder, yaml_mark_t mark, const char *what)
{
    return complain(builder->why, "%s:%zu:%zu: %s", builder->name, mark.line + 1, mark.column + 1,
                    what);
}

/* A new node, hung where the next one belongs. NULL after a complaint. */
static struct node *add_node(struct builder *builder, const yaml_event_t *event,
                             enum node_kind kind)
{
    struct opened *parent = builder->depth > 0 ? &builder->opened[builder->depth - 1] : NULL;
    struct node *node;

    if (builder->n_nodes == DOCUMENT_NODES_MAX) {
        (void)refuse(builder, event->start_mark, "expected fewer values: this is too many");
        return NULL;
    }
    node = config_arena_take(builder->arena, 1, sizeof *node);
    if (node == NULL) {
        (void)refuse(builder, event->start_mark, "out of memory");
        return NULL;
    }
    builder->n_nodes++;
    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (parent == NULL) {
        builder->root = node;
    } else {
        *parent->end = node;
        parent->end = &node->next;
        parent->node->n++;
    }
    return node;
}

static int open_node(struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
    const struct opened *parent = builder->depth > 0 ? &builder->opened[builder->depth - 1] : NULL;
    struct node *node;

    if (builder->depth == DOCUMENT_DEPTH_MAX) {
        return refuse(builder, event->start_mark, "expected less nesting: this is too deep");
    }
    if (parent != NULL && parent->node->kind == NODE_MAPPING && parent->node->n % 2 == 0) {
        return refuse(builder, event->start_mark, "expected a key, not a list or a mapping");
    }
    node = add_node(builder, event, kind);
    if (node == NULL) {
        return -1;
    }
    builder->opened[builder->depth++] = (struct opened){node, &node->first};
    return 0;
}

static int add_scalar(struct builder *builder, const yaml_event_t *event)
{
    const bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *value = (const char *)event->data.scalar.value;
    const struct dw_span text = {value, event->data.scalar.length};
    struct node *node = add_node(builder, event, plain ? NODE_PLAIN : NODE_QUOTED);
    const char *copy = arena_text(builder->arena, text);

    if (node == NULL) {
        return -1;
    }
    if (copy == NULL) {
        return refuse(builder, event->start_mark, "out of memory");
    }
    node->text = (struct dw_span){copy, text.len};
    return 0;
}

static bool has_anchor_or_tag(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT) {
        return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
    }
    return event->type == YAML_ALIAS_EVENT;
}

static int take_event(struct builder *builder, const yaml_event_t *event)
{
    if (has_anchor_or_tag(event)) {
        return refuse(builder, event->start_mark,
                      "expected a plain value: anchors, aliases and tags are not taken");
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        builder->n_documents++;
        if (builder->n_documents > 1) {
            return refuse(builder, event->start_mark, "expected one document, not another");
        }
        return 0;
    case YAML_SCALAR_EVENT:
        return add_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(builder, event, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_node(builder, event, NODE_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
        break;
    }
    return 0;
}

/* Line and column of a byte, as libyaml would count them. */
static yaml_mark_t mark_of(struct dw_span text, size_t offset)
{
    yaml_mark_t mark = {0, 0, 0};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.at[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text.at[i] & 0xC0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static int report_fault(const struct builder *builder, const yaml_parser_t *parser,
                        struct dw_span text)
{
    const char *context = parser->context == NULL ? "" : parser->context;
    char what[COMPLAINT_SIZE];
    yaml_mark_t mark = parser->problem_mark;

    if (parser->error == YAML_MEMORY_ERROR) {
        return complain(builder->why, "%s: out of memory", builder->name);
    }
    if (parser->error == YAML_READER_ERROR) {
        mark = mark_of(text, parser->problem_offset);
    }
    (void)snprintf(what, sizeof what, "expected YAML: %s%s%s", parser->problem,
                   *context == '\0' ? "" : " ", context);
    return refuse(builder, mark, what);
}

static int build(struct builder *builder, yaml_parser_t *parser, struct dw_span text)
{
    yaml_event_type_t type = YAML_NO_EVENT;

    while (type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;
        int failed;

        if (yaml_parser_parse(parser, &event) == 0) {
            return report_fault(builder, parser, text);
        }
        type = event.type;
        failed = take_event(builder, &event);
        yaml_event_delete(&event);
        if (failed != 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* What libyaml would take: some tabs, and directives, each of which it compares with all others. */
static int check_lines(const struct builder *builder, struct dw_span text)
{
    bool indenting = true;

    for (size_t i = 0; i < text.len; i++) {
        if (indenting && text.at[i] == '\t') {
            return refuse(builder, mark_of(text, i), "expected spaces: YAML has no tabs in front");
        }
        if (text.at[i] == '%' && (i == 0 || is_break(text.at[i - 1]))) {
            return refuse(builder, mark_of(text, i), "expected no directive: % stands in front");
        }
        indenting = is_break(text.at[i]) || (indenting && text.at[i] == ' ');
    }
    return 0;
}

int document_read(struct arena *arena, const char *name, struct dw_span text, struct node **root,
                  struct complaint *why)
{
    struct builder builder = {.arena = arena, .name = name, .why = why};
    yaml_parser_t parser;
    int failed;

    if (text.len > DOCUMENT_MAX) {
        return complain(why, "%s:1:1: expected at most %zu KiB", name, DOCUMENT_MAX / 1024);
    }
    if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0) {
        text = (struct dw_span){text.at + 3, text.len - 3};
    }
    if (check_lines(&builder, text) != 0) {
        return -1;
    }
    if (yaml_parser_initialize(&parser) == 0) {
        return complain(why, "%s: out of memory", name);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len > 0 ? text.at : ""),
                                 text.len);
    failed = build(&builder, &parser, text);
    yaml_parser_delete(&parser);
    if (failed == 0) {
        *root = builder.root;
    }
    return failed;
}
