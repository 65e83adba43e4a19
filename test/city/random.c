/*
 * random.c: the city's only source of chance (splitmix64): one stream per seed and purpose.
 */
#include "city.h"

#include <math.h>

void
random_seed(Random *random, uint64_t seed, uint64_t stream)
{
	random->state = seed * UINT64_C(0x9E3779B97F4A7C15) ^ stream * UINT64_C(0xD1B54A32D192ED03);
	random_bits(random);
	random_bits(random);
}

uint64_t
random_bits(Random *random)
{
	uint64_t mixed = random->state += UINT64_C(0x9E3779B97F4A7C15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
	return mixed ^ (mixed >> 31);
}

double
random_unit(Random *random)
{
	return (double) (random_bits(random) >> 11) * 0x1.0p-53;
}

double
random_between(Random *random, double low, double high)
{
	return low + (high - low) * random_unit(random);
}

int
random_below(Random *random, int count)
{
	return (int) (random_unit(random) * count);
}

double
random_normal(Random *random)
{
	double radius = sqrt(-2.0 * log(1.0 - random_unit(random)));

	return radius * cos(2.0 * PI * random_unit(random));
}
