// How many primes are below n, n at most 16 million.
static unsigned char composite[16 * 1024 * 1024];

int run(int n)
{
    int count = 0;
    for (int i = 2; i < n; i++)
        composite[i] = 0;
    for (int i = 2; i < n; i++)
    {
        if (composite[i])
            continue;
        count++;
        for (long long k = (long long)i * i; k < n; k += i)
            composite[k] = 1;
    }
    return count;
}
