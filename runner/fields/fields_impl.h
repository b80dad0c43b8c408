/* fields_impl.h - how the tables of members are written; private to runner/fields. */
#ifndef VT_FIELDS_IMPL_H
#define VT_FIELDS_IMPL_H

#include "runner/fields/fields.h"

/* The beginning of a row of vt_field; name, unit, doc and key follow in order, the rest by name. */
#define VT__REAL(type, member)         .offset = offsetof(type, member), .kind = VT_FIELD_REAL
#define VT__COUNT(type, member)        .offset = offsetof(type, member), .kind = VT_FIELD_COUNT
#define VT__REASON(type, member, list) .reasons = &(list), .offset = offsetof(type, member), .kind = VT_FIELD_REASON
#define VT__WORD(type, member, list)   .reasons = &(list), .offset = offsetof(type, member), .kind = VT_FIELD_WORD
#define VT__PARTS(type, member, list)  .parts = &(list), .offset = offsetof(type, member), .kind = VT_FIELD_PARTS
#define VT__INTERVAL(type, member)     .offset = offsetof(type, member), .kind = VT_FIELD_INTERVAL
#define VT__TEXT(type, member) \
  .step = sizeof(((type *)0)->member), .offset = offsetof(type, member), .kind = VT_FIELD_TEXT
/* Computed by function `of` out of the struct. */
#define VT__COMPUTED(function) .of = (function), .offset = 0, .kind = VT_FIELD_REAL

#endif
