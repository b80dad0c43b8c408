/* assert_sides.h - the same VT_ASSERT compiled both ways: it states that `value`, whose look-up adds 1 to *calls, is
 * positive. */
#ifndef VT_ASSERT_SIDES_H
#define VT_ASSERT_SIDES_H

void assert_positive_checked(int value, int *calls);
void assert_positive_unchecked(int value, int *calls);

#endif
