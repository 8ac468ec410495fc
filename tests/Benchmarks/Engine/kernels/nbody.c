// n steps of five bodies under gravity; the energy in millionths.
typedef struct { double x, y, z, vx, vy, vz, mass; } Body;

static Body bodies[5];

static void place(void)
{
    for (int i = 0; i < 5; i++)
    {
        Body body = {i * 4.0 + 1, i * 1.5 - 2, i * 0.3, 0.1 * i, 0.6 - 0.2 * i, 0.01 * i, i == 0 ? 39.5 : 0.04 / i};
        bodies[i] = body;
    }
}

static void step(double dt)
{
    for (int i = 0; i < 5; i++)
        for (int j = i + 1; j < 5; j++)
        {
            Body *p = &bodies[i], *q = &bodies[j];
            double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z, d2 = dx * dx + dy * dy + dz * dz;
            double force = dt / (d2 * __builtin_sqrt(d2));
            p->vx -= dx * q->mass * force, p->vy -= dy * q->mass * force, p->vz -= dz * q->mass * force;
            q->vx += dx * p->mass * force, q->vy += dy * p->mass * force, q->vz += dz * p->mass * force;
        }
    for (int i = 0; i < 5; i++)
        bodies[i].x += dt * bodies[i].vx, bodies[i].y += dt * bodies[i].vy, bodies[i].z += dt * bodies[i].vz;
}

int run(int n)
{
    place();
    for (int i = 0; i < n; i++)
        step(0.001);
    double energy = 0;
    for (int i = 0; i < 5; i++)
    {
        Body *p = &bodies[i];
        energy += 0.5 * p->mass * (p->vx * p->vx + p->vy * p->vy + p->vz * p->vz);
    }
    return (int)(energy * 1e6);
}
