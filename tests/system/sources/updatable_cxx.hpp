struct Shape {
  virtual ~Shape();
  virtual int version() const = 0;
  virtual int area() const = 0;
};
struct Problem {
  int value;
  int thrown_by;
};
Shape* make_square(int side);
int library_version();
void throw_through(void (*function)());
