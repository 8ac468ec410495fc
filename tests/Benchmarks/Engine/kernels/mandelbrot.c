// Points of an n x n picture that stay inside after 200 steps.
int run(int n)
{
    int inside = 0;
    for (int row = 0; row < n; row++)
        for (int column = 0; column < n; column++)
        {
            double cr = 3.0 * column / n - 2.25, ci = 3.0 * row / n - 1.5, r = 0, i = 0;
            int left = 200;
            while (left > 0 && r * r + i * i <= 4)
            {
                double next = r * r - i * i + cr;
                i = 2 * r * i + ci;
                r = next;
                left--;
            }
            inside += left == 0;
        }
    return inside;
}
