// RFC 4648 section 4, with padding; text that another text would also decode to is refused.
#pragma once
#include "arena.h"

int base64_read(Slice text, Slice *bytes);
Slice base64_write(Slice bytes);
