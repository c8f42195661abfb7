// Linked into packages, so that they run where glibc is 2.34: what the machine that builds has a newer version of is
// bound to the old one, or made of what is older.
#include <sys/random.h>
#include <stdlib.h>

// 2.35 made hypot leave errno alone, which nobody here reads.
#if defined(__x86_64__)
__asm__(".symver oldHypot, hypot@GLIBC_2.2.5");
__asm__(".symver oldHypotf, hypotf@GLIBC_2.2.5");
#else
__asm__(".symver oldHypot, hypot@GLIBC_2.17");
__asm__(".symver oldHypotf, hypotf@GLIBC_2.17");
#endif
double oldHypot(double, double);
float oldHypotf(float, float);
double hypot(double x, double y) { return oldHypot(x, y); }
float hypotf(float x, float y) { return oldHypotf(x, y); }

// 2.36: of std::random_device, in the static libstdc++.
unsigned arc4random(void) {
    unsigned number;
    if (getentropy(&number, sizeof number) != 0) abort();
    return number;
}
