// Product of two n x n matrices of doubles, n at most 512; a digest of the result.
#define MAX 512
static double a[MAX * MAX], b[MAX * MAX], c[MAX * MAX];

int run(int n)
{
    for (int i = 0; i < n * n; i++)
        a[i] = i % 17 - 8, b[i] = i % 23 - 11, c[i] = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            for (int j = 0; j < n; j++)
                c[i * n + j] += a[i * n + k] * b[k * n + j];
    double sum = 0;
    for (int i = 0; i < n * n; i++)
        sum += c[i] * (i % 5);
    return (int)sum;
}
